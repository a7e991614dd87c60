# Deletes the workload of this Workspace if it was made from another template, and waits for the new one.
set -u
annotation='metadata.annotations.kubefoundry\.io/template-hash}'
pause=${PAUSE:-5} left=${ATTEMPTS:-180} refused=0 reason='' deleted=''
say() { echo "rollout of $WORKSPACE: $*"; }
fail() { say "$*" >&2; exit 1; }
# wait_for REASON: one pause; when none is left, the reason is what went wrong.
wait_for() {
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "$1"
    [ "$1" = "$reason" ] || say "waiting: $1"
    reason=$1
    sleep "$pause"
}
# ask VERB KIND...: what kubectl answers, nothing if there is no such object.
# A warning of kubectl is no part of the answer: a hash with one before it would be another hash.
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
ask_workspace() { ask get workspaces.kaito.sh "$WORKSPACE" -o "jsonpath={.inference.template.$annotation"; }
# KAITO 0.8 and later make a StatefulSet, 0.6 and 0.7 a Deployment.
ask_workload() {
    for kind in statefulsets.apps deployments.apps; do
        ask get "$kind" "$WORKSPACE" -o "jsonpath={.metadata.name} {.spec.template.$annotation"
        [ -z "$answer" ] || break
    done
    name=${answer%% *} made_from=${answer#* }
}
# Without the template that this job is for, KAITO would make the old workload once more.
while ask_workspace; [ "$answer" != "$HASH" ]; do
    wait_for "the Workspace does not have template $HASH; was it applied, or is a newer job at work?"
done
while ask_workload; [ "$made_from" != "$HASH" ]; do
    if [ -z "$name$deleted" ]; then
        say "there is no workload yet; KAITO makes it from the present template"
        exit 0
    fi
    ask_workspace
    if [ "$answer" != "$HASH" ]; then
        say "the Workspace is gone or has another template by now, which a job of its own rolls out"
        exit 0
    fi
    if [ -z "$deleted" ]; then
        say "$kind has template ${made_from:-without a hash}, wanted is $HASH: deleting it"
        deleted=$kind
        ask delete "$kind" "$WORKSPACE" --wait=false
    fi
    wait_for "KAITO has not made $deleted again with template $HASH; look at its controller and at the Workspace"
done
if [ -z "$deleted" ]; then
    say "$kind has template $HASH already"
else
    say "deleted $deleted, and KAITO has made $kind again with template $HASH; the replicas restart"
fi
