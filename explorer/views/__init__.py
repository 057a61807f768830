"""The figures: each declared once, with its look and the names of the fields that fill it. Plotly only."""
