"""Files of corporate actions: rows, typed events, and the defects that such files have."""

from __future__ import annotations

from di_data.corporate_actions.defects import (
    Defect,
    DefectKind,
    delisting_defects,
    dividend_defects,
    factor_defects,
    price_defects,
    spin_off_defects,
)
from di_data.corporate_actions.events import (
    ReadActions,
    SecurityIds,
    delisting_events,
    spin_off_events,
    split_events,
)
from di_data.corporate_actions.rows import (
    RAW_COLUMNS,
    SCALED_COLUMNS,
    DelistingRow,
    FactorColumns,
    SpinOffRow,
    VendorDay,
    delisting_rows,
    spin_off_rows,
    vendor_days,
)
from di_data.corporate_actions.treatments import Stated, Treatments

__all__ = [
    "RAW_COLUMNS",
    "SCALED_COLUMNS",
    "Defect",
    "DefectKind",
    "DelistingRow",
    "FactorColumns",
    "ReadActions",
    "SecurityIds",
    "SpinOffRow",
    "Stated",
    "Treatments",
    "VendorDay",
    "delisting_defects",
    "delisting_events",
    "delisting_rows",
    "dividend_defects",
    "factor_defects",
    "price_defects",
    "spin_off_defects",
    "spin_off_events",
    "spin_off_rows",
    "split_events",
    "vendor_days",
]
