"""The codes the synthetic warehouse uses; real OMOP ids where a row must be found, invented ones elsewhere."""

CHECKPOINT_INGREDIENTS = {
    "nivolumab": 45892628,
    "pembrolizumab": 45775965,
    "cemiplimab": 35200783,
    "dostarlimab": 1536789,
    "atezolizumab": 42629079,
    "durvalumab": 1594034,
    "avelumab": 1593273,
    "ipilimumab": 40238188,
}
PRODUCTS_PER_INGREDIENT = 12
FIRST_PRODUCT = 46_000_001
"""Invented ids of the clinical drugs below the checkpoint inhibitors."""

ANTINEOPLASTIC_CLASS = 21_601_387
"""The concept that carries ATC code L01."""
FIRST_CHEMOTHERAPY, CHEMOTHERAPIES = 46_100_001, 60
FIRST_OTHER_DRUG, OTHER_DRUGS = 46_200_001, 20_000
FIRST_LAB, LABS = 46_300_001, 4_000

LARGEST_DIMENSION = 36768255
MILLIMETRE, CENTIMETRE, LAB_UNIT = 8588, 8582, 8840
TYPE_EHR, TYPE_ADMINISTRATION, TYPE_PRESCRIPTION = 32817, 32818, 32838

LESION_PATTERN = r"^(?P<role>[A-Z-]+)\|(?P<lesion>L[0-9]+)\|(?P<organ>[a-z]+)$"
"""What `measurement_source_value` of a tumour row looks like; goes to `[source.lesions]` of site.toml."""


def checkpoint_ids() -> list[int]:
    """Ingredients and their clinical drugs."""
    products = len(CHECKPOINT_INGREDIENTS) * PRODUCTS_PER_INGREDIENT
    return [*CHECKPOINT_INGREDIENTS.values(), *range(FIRST_PRODUCT, FIRST_PRODUCT + products)]
