"""Files for tests of readers: small, right, and easy to spoil."""

from pathlib import Path

LOTS = """\
lot_id,security_id,shares,basis_total_usd,acquired
L1,A,100,"$5,000.00",2024-01-02
L2,B,2.5,100.25,2023-05-03
L3,A,1/3,20,2024-06-03
"""
PRICES = """\
security_id,ticker,name,sector,price_usd,half_spread_bps,adv_usd,volatility_per_year
A,AAA,Alpha Inc,Energy,50.00,2,"10,000,000",0.30
B,BBB,Beta Ltd,Energy,40.10,3,5e6,0.25
C,CCC, Ünïcode & Söhne ,Utilities,20,5,1000000,0.20
"""
INDEX = "security_id,weight\nA,0.5\nB,0.3\nC,0.2\n"


def write(folder: Path, text: str | bytes, name: str = "lots.csv") -> Path:
    """Write a file of bytes, or of text in UTF-8, and return its path."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
