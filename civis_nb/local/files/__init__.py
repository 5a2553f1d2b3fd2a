"""File contents and their records: blobs, uploads, signed URLs."""
