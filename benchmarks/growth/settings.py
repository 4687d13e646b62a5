"""The project that is measured, with as many ViewSets as the environment says."""

from benchmarks.project.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.growth.urls"
