"""Settings of threads and of CPU features, as environment variables that libraries obey."""

from __future__ import annotations

import platform

import numpy as np

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
ALL = (
    *THREADS,
    *("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "NPY_DISABLE_CPU_FEATURES", "OPENBLAS_CORETYPE"),
    *("ATEN_CPU_CAPABILITY", "MKL_ENABLE_INSTRUCTIONS", "ONEDNN_MAX_CPU_ISA", "MKL_CBWR"),
    "GLIBC_TUNABLES",
)
ONE = dict.fromkeys(THREADS, "1")


def reference() -> dict[str, str]:
    """Return the setting that all others are compared with: one thread, this CPU as it is."""
    return ONE


def threads() -> dict[str, dict[str, str]]:
    """Return settings of threads: each variable alone at 4, all at 2 and 4."""
    alone = {f"{name}=4": ONE | {name: "4"} for name in THREADS}
    return {f"all of them {n}": dict.fromkeys(THREADS, str(n)) for n in (2, 4)} | alone


def cpus() -> dict[str, dict[str, str]]:
    """Return settings of CPU features below this machine's; none where it is no x86."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return {}
    found = {}
    if _has("X86_V4"):
        found["AVX-512 off"] = _joined(_kernels("x86-64-v3"), _blas("Haswell"), _numpy("X86_V4"))
        found["AVX-512 off"] |= _torch("avx2", "AVX2", "AVX2")
    old = _torch("default", "SSE4_2", "SSE41")
    if _has("X86_V3"):
        found["AVX2 off"] = _joined(
            _kernels("x86-64-v2"), _blas("Nehalem"), _numpy("X86_V3"), old, _libm()
        )
    alone = {
        "kernels": _kernels("x86-64"),
        "NumPy": _numpy("X86_V3"),
        "BLAS of NumPy and SciPy": _blas("Prescott"),
        "PyTorch": old | {"MKL_CBWR": "COMPATIBLE"},
        "C library": _libm(),
    }
    found["SSE2"] = _joined(*alone.values())
    return found | {f"SSE2, {name} alone": ONE | variables for name, variables in alone.items()}


def quick() -> dict[str, dict[str, str]]:
    """Return one setting with everything lowered that costs no compilation of kernels."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return {"all of them 4": dict.fromkeys(THREADS, "4")}
    lowered = (_numpy("X86_V3"), _blas("Prescott"), _torch("default", "SSE4_2", "SSE41"), _libm())
    return {"4 threads, libraries SSE2": _joined(*lowered) | dict.fromkeys(THREADS, "4")}


def _joined(*parts: dict[str, str]) -> dict[str, str]:
    return {name: value for part in (ONE, *parts) for name, value in part.items()}


def _has(feature: str) -> bool:
    return bool(_features().get(feature))


def _features() -> dict[str, bool]:
    found: dict[str, bool] = np._core._multiarray_umath.__cpu_features__
    return found


def _kernels(cpu: str) -> dict[str, str]:
    return {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": ""}


def _numpy(lowest: str) -> dict[str, str]:
    # NumPy's wheels need x86-64-v2, so that is as far down as it goes.
    dispatched = np._core._multiarray_umath.__cpu_dispatch__
    off = [name for name in dispatched[dispatched.index(lowest) :] if _has(name)]
    return {"NPY_DISABLE_CPU_FEATURES": " ".join(off)}


def _blas(core: str) -> dict[str, str]:
    return {"OPENBLAS_CORETYPE": core}


def _torch(aten: str, mkl: str, onednn: str) -> dict[str, str]:
    return {
        "ATEN_CPU_CAPABILITY": aten,
        "MKL_ENABLE_INSTRUCTIONS": mkl,
        "ONEDNN_MAX_CPU_ISA": onednn,
    }


def _libm() -> dict[str, str]:
    return {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA,-FMA4"}
