# Delete the workload of this Workspace if it has another template, and wait until KAITO has recreated it.
left=${ATTEMPTS:-180} deleted=''
annotation='metadata.annotations.kubefoundry\.io/template-hash}'
ask_workspace() { ask get workspaces.kaito.sh "$NAME" -o "jsonpath={.inference.template.$annotation"; }
# KAITO 0.8 and later create a StatefulSet, 0.6 and 0.7 a Deployment.
ask_workload() {
    for kind in statefulsets.apps deployments.apps; do
        ask get "$kind" "$NAME" -o "jsonpath={.metadata.name} {.spec.template.$annotation"
        [ -z "$answer" ] || break
    done
    workload=${answer%% *} template=${answer#* }
}
# While the Workspace has another template, KAITO would recreate the old workload.
while ask_workspace; [ "$answer" != "$HASH" ]; do
    wait_for "the Workspace does not have template $HASH. Check that it was applied, and that no newer job runs"
done
while ask_workload; [ "$template" != "$HASH" ]; do
    if [ -z "$workload$deleted" ]; then
        say "no workload yet; KAITO creates it from the current template"
        exit 0
    fi
    ask_workspace
    if [ "$answer" != "$HASH" ]; then
        say "the Workspace was deleted or has a newer template, which another job rolls out"
        exit 0
    fi
    if [ -z "$deleted" ]; then
        say "$kind has template ${template:-without a hash}, expected $HASH: deleting it"
        deleted=$kind
        ask delete "$kind" "$NAME" --wait=false
    fi
    wait_for "KAITO has not recreated $deleted with template $HASH. Check its controller and the Workspace"
done
if [ -z "$deleted" ]; then
    say "$kind already has template $HASH"
else
    say "deleted $deleted; KAITO has recreated $kind with template $HASH, and the replicas restart"
fi
