#!/usr/bin/env bash
# build.sh FOLDER [CMAKE_OPTION...]: configures (report in FOLDER/configure.log) and builds the native
# libraries; prints only what is compiled, nothing when all is fresh.
set -euo pipefail
folder=$1
shift
mkdir -p "$folder"
cmake -S "$(dirname "$0")/../src/main/native" -B "$folder" -DCMAKE_TARGET_MESSAGES=OFF "$@" >"$folder/configure.log"
exec cmake --build "$folder" --parallel "$(nproc)"
