"""The published runs on several recoveries from one pruned network: chapters 4 and 5 of the series.

Those of chapter 5 also pushed the networks.
"""

import re
from collections.abc import Callable

from pipeline_lib.model.network import Network, unmodulated
from pipeline_lib.names import COMBINED, GAIN_OVER_UNTREATED, OFF, SPARSITY, UNTREATED
from pipeline_lib.replay.kernels import AVX2
from pipeline_lib.replay.published_run import EVALUATE
from pipeline_lib.replay.single import BOTH, COURSE, SWEEP, SWITCH, WITHOUT_NOISE, SingleRun

KERNELS = AVX2
TABLE, IMPROVEMENT, OFF_MEDICATION = "recoveries", "improvement", "off_medication"
WHEN_OFF = (BOTH, SWEEP[-1])


def replay(run: SingleRun) -> None:
    """Go through the run."""
    recoveries(run, run.pruned(run.healthy()))


def stops(run: SingleRun, name: str) -> list[str]:
    """Return the arms that stop a treatment, which are called after it and their durations."""
    return [arm for arm in run.study["treatments"] if re.fullmatch(rf"{name}_\d+", arm)]


def recoveries(
    run: SingleRun,
    pruned: Network,
    then: Callable[[str, Network], None] = lambda name, network: None,
) -> float:
    """Treat a pruned network in each way, and return its combined accuracy.

    If some treatments are stopped, the others are not among the ways. `then` is what was done with
    a treated network once it was measured, by its treatment's name.
    """
    pushes = SWITCH in run.study["measures"]
    # The runs of several seeds, each on points of its own, measured the noise levels last.
    first, last = ((), SWEEP) if run.study["data"] is None else (SWEEP, ())

    def measured(name: str, network: Network) -> float:
        run.sparsity(TABLE, name, network)
        found = run.measure(TABLE, name, network, (*WITHOUT_NOISE, *first, BOTH))
        if pushes:
            run.pushed(name, network)
        run.measure(TABLE, name, network, last)
        return found[COMBINED]

    untreated = measured(UNTREATED, pruned)
    gains = {UNTREATED: pruned.modulation.gain}
    every = run.study["treatments"]
    for name in [name for name in every if stops(run, name)] or every:
        run.build()
        network = run.treated(name, pruned)
        run.progress(name)
        run.add(COURSE, name, {"course_regrown": sum(count for count, _ in run.regrowths)})
        combined = measured(name, network)
        run.add(IMPROVEMENT, name, {GAIN_OVER_UNTREATED: combined - untreated})
        then(name, network)
        if run.options(EVALUATE, name)["withdrawal"]:
            off = unmodulated(network)
            measured_off = run.measure(OFF_MEDICATION, name, off, WHEN_OFF, modulation=OFF)
            # Sparsity was not measured anew: the weights are the same.
            found = {"combined_drop": combined - measured_off[COMBINED]}
            found[SPARSITY] = 100 * network.sparsity
            run.add(OFF_MEDICATION, name, found, modulation=OFF)
            if pushes:
                run.pushed(name, off, modulation=OFF)
        run.acute(name, network, combined)
        gains[name] = network.modulation.gain
        run.add(SWITCH, name, {"effective_gain": network.modulation.factor})
    for rank, name in enumerate(sorted(gains, key=lambda name: -gains[name]), start=1):
        run.add(SWITCH, name, {"gain": gains[name]})
        run.add("ranking", name, {"rank": rank})
    return untreated
