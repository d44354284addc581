# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
"""A picture of ratios: one row for each workload, one mark for each engine, on a logarithmic
scale. It follows the reader's choice of light or dark."""

import math
from html import escape

style = """
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; font-size: 15px; } .small { font-size: 11px; fill: #57606a; }
.grid { stroke: #d0d7de; } .one { stroke: #24292f; stroke-dasharray: 4 3; } .back { fill: #ffffff; }
.row { fill: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .small { fill: #9198a1; } .grid { stroke: #3d444d; }
  .one { stroke: #e6edf3; } .back { fill: #0d1117; } .row { fill: #161b22; }
}"""
# Told apart in light and dark, and without colour by their shape.
colours = ["#2f81f7", "#d29922", "#2da44e", "#e5534b", "#a371f7", "#39a5b0", "#db61a2", "#8b949e"]
row_height, left, width, right = 24, 150, 620, 30


def mark(shape, x, y, colour):
    size = 5
    if shape == 0:
        return f'<circle cx="{x:.1f}" cy="{y}" r="{size}" fill="{colour}"/>'
    points = {1: [(-1, -1), (1, -1), (1, 1), (-1, 1)], 2: [(0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)],
              3: [(-1.1, 1), (0, -1.1), (1.1, 1)]}[shape]
    path = " ".join(f"{x + a * size:.1f},{y + b * size:.1f}" for a, b in points)
    return f'<polygon points="{path}" fill="{colour}"/>'


def write(path, title, note, columns, rows):
    """\\p rows: (name, {column: ratio}); \\p columns: which of them are drawn, in this order."""
    ratios = [rows_[c] for _, rows_ in rows for c in columns if c in rows_]
    low = 2 ** math.floor(math.log2(min(ratios + [1]) * 0.999))
    high = 2 ** math.ceil(math.log2(max(ratios + [1]) * 1.001))

    def at(ratio):
        return left + width * math.log(ratio / low) / math.log(high / low)

    top = 64 + 20 * math.ceil(len(columns) / 3)
    bottom = top + row_height * len(rows)
    total = left + width + right
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {bottom + 44}" '
           f'width="{total}" role="img"><title>{escape(title)}</title><style>{style}</style>',
           f'<rect class="back" width="{total}" height="{bottom + 44}"/>',
           f'<text class="title" x="12" y="24">{escape(title)}</text>',
           f'<text class="small" x="12" y="43">{escape(note)}</text>']
    for number, column in enumerate(columns):
        x, y = 20 + number % 3 * 255, 64 + number // 3 * 20
        out.append(mark(number % 4, x, y, colours[number % len(colours)]))
        out.append(f'<text x="{x + 12}" y="{y + 4}">{escape(column)}</text>')
    for number, (name, of) in enumerate(rows):
        y = top + row_height * number
        if number % 2 == 0:
            out.append(f'<rect class="row" x="8" y="{y}" width="{total - 16}" '
                       f'height="{row_height}"/>')
        out.append(f'<text x="{left - 12}" y="{y + 17}" text-anchor="end">{escape(name)}</text>')
    step = low
    while step <= high:
        kind = "one" if step == 1 else "grid"
        out.append(f'<line class="{kind}" x1="{at(step):.1f}" x2="{at(step):.1f}" y1="{top}" '
                   f'y2="{bottom}"/><text class="small" x="{at(step):.1f}" y="{bottom + 16}" '
                   f'text-anchor="middle">{step:g}</text>')
        step *= 2
    for number, (name, of) in enumerate(rows):
        for index, column in enumerate(columns):
            if column in of:
                out.append(mark(index % 4, at(of[column]), top + row_height * number + 12,
                                colours[index % len(colours)]))
    out.append(f'<text class="small" x="{left}" y="{bottom + 34}">time in ratio to native: less is '
               f'faster</text></svg>')
    path.write_text("\n".join(out) + "\n")
