# Writes digits.txt, the data of ../digits.js, from scikit-learn:   apt-get install python3-sklearn && python3 export.py
from pathlib import Path

from sklearn.datasets import load_digits

HEADER = """\
# 1,797 handwritten digits of 8x8 pixels: the digit, then its pixels row by row, 0 (white) to g (16, black).
# From scikit-learn's load_digits, unchanged and in its order: Copyright (c) 2007-2022 The scikit-learn developers, BSD-3-Clause.
# These are the test set of "Optical Recognition of Handwritten Digits" (E. Alpaydin and C. Kaynak 1998, UCI Machine Learning
# Repository, https://doi.org/10.24432/C50P49, CC BY 4.0).
"""

digits = load_digits()
lines = [
    f"{label} {''.join('0123456789abcdefg'[int(pixel)] for pixel in pixels)}\n"
    for pixels, label in zip(digits.data, digits.target)
]
Path(__file__).with_name("digits.txt").write_text(HEADER + "".join(lines))
