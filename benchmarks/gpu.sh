#!/usr/bin/env bash
# All that needs a GPU, in one call of under eight minutes; every answer is kept as it comes.
#
#   bash benchmarks/gpu.sh                     # in an environment with torch for CUDA and requirements.txt
#   WHEELS=folder bash benchmarks/gpu.sh       # packages that are missing are taken from there, without network
#   DEVICE=cpu CONFIGS=tiny LIMIT=120 bash benchmarks/gpu.sh   # the same on a processor, to try the script
#
# OUT: where the answers go (var/gpu). PYTHON: the interpreter. A step that fails or takes too long is
# told in summary.txt and the next one begins.
set -u
cd "$(dirname "$0")/.."
OUT=${OUT:-var/gpu}
PY=${PYTHON:-python3}
DEVICE=${DEVICE:-cuda}
CONFIGS=${CONFIGS:-qwen2.5-1.5b qwen2.5-7b}
LIMIT=${LIMIT:-480}
export OMP_WAIT_POLICY=PASSIVE HF_HUB_OFFLINE=1 PYTHONPATH=.
mkdir -p "$OUT"
: >"$OUT/summary.txt"

step() { # NAME SECONDS COMMAND...
  local name=$1 seconds=$2 left=$((LIMIT - SECONDS)) code
  shift 2
  [ "$seconds" -lt "$left" ] || seconds=$left
  if [ "$seconds" -lt 5 ]; then
    echo "$name: no time left" | tee -a "$OUT/summary.txt"
    return
  fi
  timeout "$seconds" "$@" >"$OUT/$name.txt" 2>&1
  code=$?
  tail -n 12 "$OUT/$name.txt"
  echo "$name: exit $code after $SECONDS s" | tee -a "$OUT/summary.txt"
}

if [ -n "${WHEELS:-}" ]; then
  step wheels 60 "$PY" -m pip install --no-index --no-deps --quiet "$WHEELS"/*.whl
fi
step machine 20 "$PY" -c "
import platform, torch, transformers, peft
print(platform.python_version(), torch.__version__, transformers.__version__, peft.__version__)
print(torch.cuda.get_device_name() if torch.cuda.is_available() else 'no GPU')"
# Tests without the site, which needs not be there: circuits, adapters, and how a trainer computes.
tests=("$PY" -m pytest -q -c /dev/null --rootdir . -p no:cacheprovider)
step tests 150 "${tests[@]}" --confcutdir tests/quantum tests/quantum/simulators/test_fast.py \
  tests/quantum/simulators/test_subcircuits.py tests/quantum/adapters/test_cuda.py
step tests_computing 60 "${tests[@]}" --confcutdir tests/finetune/training/computing \
  tests/finetune/training/computing
for config in $CONFIGS; do
  step "adapters_$config" 130 "$PY" -m benchmarks.adapter_step --device "$DEVICE" --config "$config" \
    --length 512 --steps 5
done
frameworks=()
for name in pennylane torchquantum; do
  "$PY" -c "import $name" 2>/dev/null && frameworks+=("--$name" "$PY")
done
step circuits 90 "$PY" -m benchmarks.circuit_frameworks "${frameworks[@]}" --repeats 5
cat "$OUT/summary.txt"
