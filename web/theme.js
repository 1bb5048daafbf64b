import { byId } from './dom.js'

const KEY = 'theme'

/** Auto follows the system. The choice is kept in this browser; early-theme.js applies it before the first paint. */
export const startTheme = () => {
  const chosen = document.documentElement.dataset['theme'] ?? 'auto'
  for (const choice of byId('theme').querySelectorAll('input')) {
    choice.checked = choice.value === chosen
    choice.addEventListener('change', () => choose(choice.value))
  }
}

/** @param {string} theme */
const choose = (theme) => {
  if (theme === 'auto') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
  try {
    if (theme === 'auto') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // Storage is forbidden: the choice holds for this visit.
  }
}
