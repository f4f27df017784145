"""The API of a workspace: keys, and the door through which programs of Customers come in by them."""
