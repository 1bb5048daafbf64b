// Before the first paint, so that a chosen theme does not flash. See theme.ts.
try {
  const theme = localStorage.getItem('theme')
  if (theme !== null) document.documentElement.dataset['theme'] = theme
} catch {
  // Storage is forbidden: the theme is the system's.
}
