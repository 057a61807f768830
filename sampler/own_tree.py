"""stub"""
def parse_tree(text, normalise=False): raise ValueError("text must be a tree")
