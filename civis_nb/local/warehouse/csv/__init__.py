"""CSV files as bytes: compression, character set, line ends, types."""
