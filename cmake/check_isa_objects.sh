#!/usr/bin/env bash
# check_isa_objects.sh OBJECT...: objects compiled for one instruction set must define no weak symbol (inline
# functions, templates). The linker keeps one copy of each, and might keep the one that other processors
# cannot run.
set -euo pipefail
if weak=$(nm --print-file-name --demangle --defined-only "$@" | grep -E ' [WVu] '); then
  echo "$weak" >&2
  echo "these inline functions are compiled for one instruction set: make them static, or inline them by force" >&2
  exit 1
fi
