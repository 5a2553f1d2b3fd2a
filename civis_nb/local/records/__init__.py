"""Resources of the API that are declared: fields and shapes, from which operations are made."""
