"""A run as a clinician would want to read it: sections of tables and figures, then one page, and each as a file.

Data go one way: `facts` (what the run found) -> sections (`rates`, `flow`, `table1`, ...: pure, content only) ->
`cells` (small counts hidden) -> `drawing` (figures) -> `page` and `files`.
"""
