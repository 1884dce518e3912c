"""How the pages are served: their routes and files, and what each answer tells the browser."""
