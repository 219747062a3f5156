"""What the API shows, as models: a document is made by them and described by them."""
