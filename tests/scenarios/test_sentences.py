"""Every sentence of the two sources about tiers and points names what proves it, and what it names is there."""

import re
from pathlib import Path

import pytest

from tests.scenarios.sentences_engage import ENGAGE
from tests.scenarios.sentences_luxespa import LUXESPA
from tests.scenarios.sentences_points import ENGAGE_POINTS, LUXESPA_POINTS
from tests.scenarios.test_scenarios import SCENARIOS
from tests.scenarios.test_scenarios_of_points import SCENARIOS_OF_POINTS

_ROOT = Path(__file__).parents[2]
_TITLES = {scenario.title for scenario in (*SCENARIOS, *SCENARIOS_OF_POINTS)}
_SENTENCES = {**ENGAGE, **LUXESPA, **ENGAGE_POINTS, **LUXESPA_POINTS}


@pytest.mark.parametrize("sentence", _SENTENCES)
def test_what_proves_a_sentence_is_there(sentence: str) -> None:
    proofs = _SENTENCES[sentence]
    assert proofs
    assert [proof for proof in proofs if not _exists(proof)] == []


def _exists(proof: str) -> bool:
    if proof in _TITLES:
        return True
    file, _, name = proof.partition("::")
    path = _ROOT / file
    return (
        bool(name)
        and path.is_file()
        and re.search(rf"^(async )?def {name}\(", path.read_text(), re.M) is not None
    )


def test_no_sentence_is_written_twice() -> None:
    sentences = [*ENGAGE, *LUXESPA, *ENGAGE_POINTS, *LUXESPA_POINTS]
    assert len(set(sentences)) == len(sentences)
