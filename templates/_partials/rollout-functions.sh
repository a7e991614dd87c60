# What the jobs of Workspaces and InferenceSets share. They set `left`, the number of pauses before they fail.
set -u
pause=${PAUSE:-5} forbidden=0 reason=''
say() { echo "rollout of $NAME: $*"; }
fail() { say "$*" >&2; exit 1; }
# wait_for REASON: pause once, or fail with the reason if no pause is left.
wait_for() {
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "$1"
    [ "$1" = "$reason" ] || say "waiting: $1"
    reason=$1
    sleep "$pause"
}
# ask VERB KIND...: set `answer` to the output of kubectl, empty if the object does not exist. Warnings of kubectl
# are left out, because they would change a hash.
ask() {
    until answer=$(kubectl "$@" -n "$NAMESPACE" --ignore-not-found --request-timeout=10s 2>"$HOME/kubectl.err"); do
        error=$(cat "$HOME/kubectl.err")
        case $error in
            *orbidden*)
                # A Role takes effect a moment after it was applied.
                forbidden=$((forbidden + 1))
                [ "$forbidden" -lt 3 ] || fail "the service account may not $1 $2. Check the Role and RoleBinding rollout-*: $error" ;;
        esac
        wait_for "kubectl failed: $error"
    done
}
