"""The lake, and the DuckDB warehouse that is built from it, published, queried and corrected."""
