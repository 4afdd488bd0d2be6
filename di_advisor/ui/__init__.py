"""JupyterLab: results that show themselves, and a panel that proposes; widgets are never the only view."""
