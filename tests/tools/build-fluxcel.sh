#!/bin/sh
# Builds .tools/bin/fluxcel, Flux's evaluator of health checks (needs Go 1.26; modules are pinned by go.sum).
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$root/.tools/bin"
cd "$root/tests/tools/fluxcel"
go build -trimpath -mod=readonly -o "$root/.tools/bin/fluxcel" .
