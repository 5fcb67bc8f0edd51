"""Vectors of many samples, whose sums stay in the processor's registers during a loop.

Numba's own loops over samples read and write a sum in memory for each term. It lets a library
define types and functions by the LLVM code that stands for them, which LLVM here divides into as
many of the processor's vectors as are needed.
"""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

from pipeline_lib.engines.fast.compiled import FEATURES, FLAGS

# Samples in a vector: eight registers of 512 or 256 bits, of the 32 or 16 that there are.
WIDTH = 128 if "+avx512f" in FEATURES else 64

_FLOAT = ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, WIDTH)
_FLAGS = sorted(FLAGS)


class Samples(types.Type):
    """Numba's type of a vector."""

    def __init__(self) -> None:
        super().__init__(name=f"Samples({WIDTH})")


class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)  # type: ignore[no-untyped-call]


# Not as a decorator: the fingerprint of a job's code leaves out a class that nothing names.
register_model(Samples)(_Model)


samples = Samples()


def emitted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function for kernels, whose arguments are those after the first."""
    return cast(Callable[..., Any], intrinsic(function))


@emitted
def load(_: Any, matrix: Any, row: Any, column: Any) -> Any:
    """Return the elements of a row of `matrix`, contiguous float32, from a column on."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[0], *arguments)
        return builder.load(place, align=4)

    return samples(matrix, types.int64, types.int64), code


@emitted
def store(_: Any, vector: Any, matrix: Any, row: Any, column: Any) -> Any:
    """Write a vector to a row of `matrix`, contiguous float32, from a column on."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[1], *arguments[1:])
        builder.store(arguments[0], place, align=4)
        return context.get_dummy_value()

    return types.void(vector, matrix, types.int64, types.int64), code


def _place(context: Any, builder: Any, kind: Any, matrix: Any, row: Any, column: Any) -> Any:
    matrix = context.make_array(kind)(context, builder, matrix)
    _, columns = cgutils.unpack_tuple(builder, matrix.shape)  # type: ignore[no-untyped-call]
    index = builder.add(builder.mul(row, columns), column)
    return builder.bitcast(builder.gep(matrix.data, [index]), _VECTOR.as_pointer())


@emitted
def add_multiple(_: Any, total: Any, number: Any, vector: Any) -> Any:
    """Return the vector `total` + `number` · `vector`."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        total, number, vector = arguments
        undefined, integer = ir.Constant(_VECTOR, ir.Undefined), ir.IntType(32)
        first = builder.insert_element(undefined, number, ir.Constant(integer, 0))
        everywhere = ir.Constant(ir.VectorType(integer, WIDTH), [0] * WIDTH)
        numbers = builder.shuffle_vector(first, undefined, everywhere)
        return builder.fadd(total, builder.fmul(numbers, vector, flags=_FLAGS), flags=_FLAGS)

    return samples(total, types.float32, vector), code


@emitted
def inner(_: Any, one: Any, other: Any) -> Any:
    """Return the inner product of two vectors, float32."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(_FLOAT, [_FLOAT, _VECTOR])
        name = f"llvm.vector.reduce.fadd.v{WIDTH}f32"
        total = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
        products = builder.fmul(*arguments, flags=_FLAGS)
        return builder.call(total, [ir.Constant(_FLOAT, 0.0), products], fastmath=_FLAGS)

    return types.float32(one, other), code
