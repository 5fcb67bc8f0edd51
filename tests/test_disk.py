"""The files that a study leaves on disk if its networks need not be kept."""

import pytest

from tests.projects import Project


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    project = Project(tmp_path_factory.mktemp("disk"))
    project.study["keep_networks"] = False
    project.snakemake("-j", "2")
    return project


def test_all_networks_but_the_pruned_ones_are_removed_once_measured_and_drawn(project):
    seeds = project.folder / "results/seeds"
    left = sorted(str(path.relative_to(seeds)) for path in seeds.rglob("*.safetensors"))
    assert left == ["0/pruned.safetensors", "1/pruned.safetensors"]
    assert (project.folder / "results/figures/regions.png").exists()
    assert project.planned() == []


def test_a_changed_treatment_starts_again_from_the_pruned_networks(project):
    project.study["treatments"]["ssri"]["maintenance"] = []
    planned = [message for message in project.planned() if message.startswith("seed ")]
    titles = ["acute relapse", "evaluate", "longitudinal relapse"]
    kinds = ["apply the ssri treatment", *(f"measure the ssri network ({t})" for t in titles)]
    assert [m for m in planned if m.startswith("seed 1")] == [f"seed 1: {kind}" for kind in kinds]
    # Figures show all networks of the first seed, so all of these are needed again.
    assert "seed 0: apply the ketamine treatment" in planned
