#!/bin/sh
# engine/ never includes net/ or plugins/; net/ never includes plugins/ or the engine; plugins include the ABI, the SDK,
# net/ and themselves, never one another or the engine.
set -eu
cd "$1"
failed=0
deny() { # deny FOLDER PATTERN WHY
  if grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($2)" "$1" --include='*.h' --include='*.hpp' --include='*.c' --include='*.cpp'; then
    echo "FAILED: $3" >&2
    failed=1
  fi
}
deny engine '(trapline/net/|plugins/|(\.\./)+(net|plugins)/)' 'engine/ must not include net/ or plugins/'
deny net '(plugins/|trapline/engine|trapline/sdk|(\.\./)+(engine|plugins)/)' 'net/ must not include plugins/ or the engine'
for plugin in plugins/*/; do
  name=$(basename "$plugin")
  deny "$plugin" 'trapline/engine|engine/src/|bus/|(\.\./)+engine/' "$name must not include the engine"
  for other in plugins/*/; do
    [ "$other" = "$plugin" ] || deny "$plugin" "(plugins/)?$(basename "$other")/|(\.\./)+$(basename "$other")/" "$name must not include $(basename "$other")"
  done
done
exit $failed
