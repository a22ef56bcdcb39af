"""The examples in docstrings are true, and every module says what it is."""

import doctest
import importlib
import pkgutil

import pytest

import archive
import cleaning
import crawler

MODULES = sorted(
    found.name
    for package in (cleaning, archive, crawler)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not found.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_module(name):
    module = importlib.import_module(name)
    if not hasattr(module, "__path__"):
        assert module.__doc__
    assert doctest.testmod(module).failed == 0
