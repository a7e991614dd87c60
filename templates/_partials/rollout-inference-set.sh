# Replaces the Workspaces of this InferenceSet that were made from another template, each when all others are Ready.
set -u
label=inferenceset.kaito.sh/created-by
annotation='template.metadata.annotations.kubefoundry\.io/template-hash}'
pause=${PAUSE:-5} attempts=${ATTEMPTS:-720} refused=0 reason='' replaced=0
left=$attempts
say() { echo "rollout of $INFERENCESET: $*"; }
fail() { say "$*" >&2; exit 1; }
# wait_for REASON: one pause; when none is left, the reason is what went wrong.
wait_for() {
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "$1"
    [ "$1" = "$reason" ] || say "waiting: $1"
    reason=$1
    sleep "$pause"
}
# ask VERB KIND...: the answer of kubectl, empty if there is no such object. A warning is no part of the answer.
ask() {
    until answer=$(kubectl "$@" -n "$NAMESPACE" --ignore-not-found --request-timeout=10s 2>"$HOME/kubectl.err"); do
        words=$(cat "$HOME/kubectl.err")
        case $words in
            *orbidden*)
                # Not at once: rights hold a moment after they were applied.
                refused=$((refused + 1))
                [ "$refused" -lt 3 ] || fail "the service account may not $1 $2; check Role and RoleBinding rollout-*: $words" ;;
        esac
        wait_for "kubectl fails: $words"
    done
}
# The hash that new Workspaces get, and how many of them there should be.
ask_set() {
    ask get inferencesets.kaito.sh "$INFERENCESET" -o "jsonpath={.spec.replicas}/{.spec.template.inference.$annotation"
    wanted=${answer%%/*} template=${answer#*/}
    wanted=${wanted:-1}
}
# look_around: `old` is a Workspace of another template; `late` one that is not Ready; `count` how many there are.
look_around() {
    ask get workspaces.kaito.sh -l "$label=$INFERENCESET" -o "jsonpath={range .items[*]}{.metadata.name}/{.metadata.deletionTimestamp}/{.status.conditions[?(@.type==\"InferenceReady\")].status}/{.inference.$annotation{\"\n\"}{end}"
    old='' late='' count=0
    while IFS=/ read -r name deleted ready made_from; do
        [ -n "$name" ] || continue
        if [ -n "$deleted" ]; then late=$name; continue; fi
        count=$((count + 1))
        if [ "$made_from" != "$HASH" ]; then
            # One that serves nothing goes first: replacing it costs no capacity.
            if [ -z "$old" ] || [ "$ready" != True ]; then old=$name; fi
        elif [ "$ready" != True ]; then
            late=$name
        fi
    done <<WORKSPACES
$answer
WORKSPACES
}
# Without the template that this job is for, KAITO would create the old Workspaces once more.
while ask_set; [ "$template" != "$HASH" ]; do
    wait_for "the InferenceSet does not have template $HASH; was it applied, or is a newer job at work?"
done
while look_around; [ -n "$old$late" ] || [ "$count" -lt "$wanted" ]; do
    ask_set
    if [ "$template" != "$HASH" ]; then
        say "the InferenceSet is gone or has another template by now, which a job of its own rolls out"
        exit 0
    fi
    if [ -n "$late" ]; then
        wait_for "Workspace $late is not Ready, or is being deleted"
    elif [ "$count" -lt "$wanted" ]; then
        wait_for "KAITO has created $count of $wanted Workspaces"
    elif [ -n "$old" ]; then
        say "Workspace $old has another template than $HASH: deleting it"
        ask delete workspaces.kaito.sh "$old" --wait=false
        replaced=$((replaced + 1)) left=$attempts
    fi
done
say "all Workspaces have template $HASH; replaced: $replaced"
