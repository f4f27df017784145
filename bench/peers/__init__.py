"""The peers' tables and views, as a Django app: the same rows in clear, in fernet fields, and sealed."""
