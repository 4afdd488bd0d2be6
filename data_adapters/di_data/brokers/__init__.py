"""Lots, cash and transactions as brokers export them."""

from di_data.brokers.fidelity import FidelityPositions
from di_data.brokers.flex_service import FlexWebService
from di_data.brokers.generic_lots import GenericLots
from di_data.brokers.ibkr_flex import FlexFiles
from di_data.brokers.schwab import SchwabLots

__all__ = ["FidelityPositions", "FlexFiles", "FlexWebService", "GenericLots", "SchwabLots"]
