"""Frames and CSV files into tables: as CSV text, uploaded, imported.

A frame passes `dataframe` (the public function), `table_import` (the checked record), `columns`
and `csv_options` (exact columns), `frame_text` (CSV text), `upload` and `start`; files pass
`load` and `detect` (the form of the files) instead.
"""
