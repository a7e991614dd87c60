# Deletes the workload of this Workspace if it was made from another template, and waits for the new one.
set -u
hash_of='{.spec.template.metadata.annotations.kubefoundry\.io/template-hash}'
hash_wanted='{.inference.template.metadata.annotations.kubefoundry\.io/template-hash}'
pause=${PAUSE:-5} left=${ATTEMPTS:-180}
say() { echo "rollout of $WORKSPACE: $*"; }
fail() { say "$*" >&2; exit 1; }
# ask KIND JSONPATH: what stands there, nothing where there is no such object.
ask() {
    if answer=$(kubectl get "$1" "$WORKSPACE" -n "$NAMESPACE" --ignore-not-found -o "jsonpath=$2" 2>&1); then
        return 0
    fi
    case $answer in
        *orbidden*) fail "the service account may not read $1; check Role and RoleBinding rollout-*: $answer" ;;
        *) fail "kubectl failed: $answer" ;;
    esac
}
# The Workspace itself must have the template that this job is for; it may be applied a moment later.
while ask workspaces.kaito.sh "$hash_wanted"; [ "$answer" != "$HASH" ]; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "the Workspace does not have template $HASH; was it applied, or is a newer job at work?"
    sleep "$pause"
done
# KAITO 0.8 and later make a StatefulSet, 0.6 and 0.7 a Deployment.
kind=
for one in statefulsets.apps deployments.apps; do
    ask "$one" '{.metadata.name}'
    if [ -n "$answer" ]; then
        kind=$one
        break
    fi
done
if [ -z "$kind" ]; then
    say "there is no workload yet; KAITO makes it from the present template"
    exit 0
fi
ask "$kind" "$hash_of"
if [ "$answer" = "$HASH" ]; then
    say "runs template $HASH already"
    exit 0
fi
say "runs template ${answer:-without a hash}, wanted is $HASH; deleting $kind"
if ! answer=$(kubectl delete "$kind" "$WORKSPACE" -n "$NAMESPACE" --ignore-not-found --wait=false 2>&1); then
    case $answer in
        *orbidden*) fail "the service account may not delete $kind; check Role and RoleBinding rollout-*: $answer" ;;
        *) fail "kubectl failed: $answer" ;;
    esac
fi
while ask "$kind" "$hash_of"; [ "$answer" != "$HASH" ]; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "KAITO has not made $kind again with template $HASH; look at its controller and at the Workspace"
    sleep "$pause"
done
say "KAITO has made $kind again with template $HASH; the replicas restart"
