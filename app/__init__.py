"""The window: PySide6 and pyqtgraph, free of torch."""
