"""What the simulated members buy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.simulation.personas import (
    ADDON_SEN,
    ADDON_SHARE,
    ADVANCED_SEN,
    PACKAGE_SEN,
    PERSONAS,
    PRODUCT_SEN,
    PRODUCT_SHARE,
    PROPERTY_WEIGHTS,
    TREATMENT_SEN,
    Basket,
)
from workers.simulation.streams import Keys, Uniforms, chosen, picked, uniforms

Sen = NDArray[np.int64]
Choices = NDArray[np.int8]


@dataclass(frozen=True)
class Baskets:
    """Purchases as columns: amounts in sen before discounts, treatments, and row of PROPERTIES."""

    service: Sen
    addon: Sen
    product: Sen
    package: Sen
    treatments: NDArray[np.int32]
    property: Choices


def draw_baskets(seed: int, keys: Keys, persona: Choices, welcome: NDArray[np.bool_]) -> Baskets:
    """What each purchase (by its key) of a member of the given persona holds; a welcome is a treatment."""
    kind = np.where(welcome, Basket.TREATMENT, _kinds(uniforms(seed, "basket", keys), persona))
    cheapest, dearest = np.array([each.taste for each in PERSONAS])[persona].T
    choice = cheapest + uniforms(seed, "price", keys) * (dearest - cheapest)
    treatments = _treatments(uniforms(seed, "treatments", keys), kind, persona)
    served = treatments > 0
    extra = uniforms(seed, "extra price", keys)
    addon = served & (uniforms(seed, "addon", keys) < ADDON_SHARE)
    product = (kind == Basket.RETAIL) | (uniforms(seed, "product", keys) < PRODUCT_SHARE)
    advanced = np.where(kind == Basket.ADVANCED, _priced(choice, ADVANCED_SEN), 0)
    return Baskets(
        service=np.where(kind == Basket.TREATMENT, _priced(choice, TREATMENT_SEN) * treatments, advanced),
        addon=np.where(addon, _priced(extra, ADDON_SEN), 0),
        product=np.where(product, _priced(1 - 2.0**-53 - extra, PRODUCT_SEN), 0),
        package=np.where(kind == Basket.PACKAGE, _priced(choice, PACKAGE_SEN), 0),
        treatments=treatments,
        property=_properties(uniforms(seed, "property", keys), kind),
    )


def _kinds(draws: Uniforms, persona: Choices) -> Choices:
    kind = np.zeros(len(draws), dtype=np.int8)
    for index, each in enumerate(PERSONAS):
        rows = persona == index
        kind[rows] = chosen(draws[rows], each.basket_weights)
    return kind


def _treatments(draws: Uniforms, kind: Choices, persona: Choices) -> NDArray[np.int32]:
    """Treatments in each purchase: one for an advanced procedure, none in packages and retail."""
    treatments: NDArray[np.int32] = (kind == Basket.ADVANCED).astype(np.int32)
    for index, each in enumerate(PERSONAS):
        rows = (persona == index) & (kind == Basket.TREATMENT)
        treatments[rows] = chosen(draws[rows], each.treatment_weights) + 1
    return treatments


def _properties(draws: Uniforms, kind: Choices) -> Choices:
    properties = np.zeros(len(draws), dtype=np.int8)
    for basket, weights in PROPERTY_WEIGHTS.items():
        rows = kind == basket
        properties[rows] = chosen(draws[rows], weights)
    return properties


def _priced(choice: Uniforms, menu: tuple[int, ...]) -> Sen:
    return picked(choice, np.array(menu, dtype=np.int64))
