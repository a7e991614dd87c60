# Replace the Workspaces of this InferenceSet that have another template, each when all others are Ready.
attempts=${ATTEMPTS:-720} replaced=0
left=$attempts
label=inferenceset.kaito.sh/created-by
annotation='template.metadata.annotations.kubefoundry\.io/template-hash}'
# Set `template` to the hash that new Workspaces get, and `wanted` to the number of replicas.
ask_set() {
    ask get inferencesets.kaito.sh "$NAME" -o "jsonpath={.spec.replicas}/{.spec.template.inference.$annotation"
    wanted=${answer%%/*} template=${answer#*/}
    wanted=${wanted:-1}
}
# Set `old` to a Workspace of another template, `late` to one that is not Ready, `count` to their number.
ask_workspaces() {
    ask get workspaces.kaito.sh -l "$label=$NAME" -o "jsonpath={range .items[*]}{.metadata.name}/{.metadata.deletionTimestamp}/{.status.conditions[?(@.type==\"InferenceReady\")].status}/{.inference.$annotation{\"\n\"}{end}"
    old='' late='' count=0
    while IFS=/ read -r workspace deleted ready current; do
        [ -n "$workspace" ] || continue
        if [ -n "$deleted" ]; then late=$workspace; continue; fi
        count=$((count + 1))
        if [ "$current" != "$HASH" ]; then
            # First replace one that is not Ready, because that costs no capacity.
            if [ -z "$old" ] || [ "$ready" != True ]; then old=$workspace; fi
        elif [ "$ready" != True ]; then
            late=$workspace
        fi
    done <<WORKSPACES
$answer
WORKSPACES
}
# While the InferenceSet has another template, KAITO would recreate the old Workspaces.
while ask_set; [ "$template" != "$HASH" ]; do
    wait_for "the InferenceSet does not have template $HASH. Check that it was applied, and that no newer job runs"
done
while ask_workspaces; [ -n "$old$late" ] || [ "$count" -lt "$wanted" ]; do
    ask_set
    if [ "$template" != "$HASH" ]; then
        say "the InferenceSet was deleted or has a newer template, which another job rolls out"
        exit 0
    fi
    if [ -n "$late" ]; then
        wait_for "Workspace $late is not Ready or is being deleted"
    elif [ "$count" -lt "$wanted" ]; then
        wait_for "KAITO has created $count of $wanted Workspaces"
    elif [ -n "$old" ]; then
        say "Workspace $old does not have template $HASH: deleting it"
        ask delete workspaces.kaito.sh "$old" --wait=false
        replaced=$((replaced + 1)) left=$attempts
    fi
done
say "all Workspaces have template $HASH; replaced: $replaced"
