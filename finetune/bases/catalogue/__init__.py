"""Base models that can be downloaded, and what a base needs: known before anything is fetched."""
