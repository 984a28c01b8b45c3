"""Every sentence of the two sources about tiers names what proves it, and what it names is there."""

import re
from pathlib import Path

import pytest

from tests.scenarios.sentences_engage import ENGAGE
from tests.scenarios.sentences_luxespa import LUXESPA
from tests.scenarios.test_scenarios import SCENARIOS

_ROOT = Path(__file__).parents[2]
_TITLES = {scenario.title for scenario in SCENARIOS}
_SENTENCES = {**ENGAGE, **LUXESPA}


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
