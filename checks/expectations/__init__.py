"""The project's own expectations, written as Great Expectations expects them.

Importing this loads Great Expectations, which takes seconds: import it only where expectations run.
"""

from checks.expectations.rows import (
    ExpectDimensionToFitIndicator,
    ExpectEveryDigitToBeClassified,
    ExpectEveryNumeralToBeClassifiedOnce,
    ExpectEvidenceToEqualTextAtSpan,
    ExpectIntervalToContainValue,
    ExpectIntervalToFitQualifier,
    ExpectMaskToBeKept,
    ExpectNumberToBeAQuantity,
    ExpectNumberToBeComplete,
    ExpectPerCapitaFigureToBePlausible,
    ExpectPeriodNotAfterArrival,
    ExpectPeriodToBeWellFormed,
    ExpectRebuildToEqualIncrement,
    ExpectRowsToSatisfy,
    ExpectValueToBePlausible,
    ExpectValueToReadAsWritten,
)
from checks.expectations.types import ExpectColumnsToHaveTypes

__all__ = [
    "ExpectColumnsToHaveTypes",
    "ExpectDimensionToFitIndicator",
    "ExpectEveryDigitToBeClassified",
    "ExpectEveryNumeralToBeClassifiedOnce",
    "ExpectEvidenceToEqualTextAtSpan",
    "ExpectIntervalToContainValue",
    "ExpectIntervalToFitQualifier",
    "ExpectMaskToBeKept",
    "ExpectNumberToBeAQuantity",
    "ExpectNumberToBeComplete",
    "ExpectPerCapitaFigureToBePlausible",
    "ExpectPeriodNotAfterArrival",
    "ExpectPeriodToBeWellFormed",
    "ExpectRebuildToEqualIncrement",
    "ExpectRowsToSatisfy",
    "ExpectValueToBePlausible",
    "ExpectValueToReadAsWritten",
]
