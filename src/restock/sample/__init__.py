"""A small retail chain, simulated day by day, in the formats that restock reads."""
