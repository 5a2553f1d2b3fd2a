"""IPython magics: ``%load_ext civis_nb`` registers them."""
