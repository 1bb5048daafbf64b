const GIVEN: readonly string[] = (
  'ada ben chiara dmitri elif farah goran hana ines jonas kofi leila mateo nadia oskar priya quentin rosa sami ' +
  'tomoko ulrike victor wen ximena yusuf zofia amara bjorn carmen dario esther fabian greta hugo imani jakub ' +
  'karin lucas mina noah olga pedro qiu rafael sofia tariq uma vera wilma xavier yara zain anton beatriz cem ' +
  'daphne emil fatima gustav helena igor julia kenji lena marco nora omar paula rahul silvia theo ursula vikram ' +
  'wanda yuki zara adil brigitte cosmin delia enzo freya gael heidi ismail joana katya levi maya nikos olive ' +
  'pavel ramona stefan tamar ugo valeria walter yasmin zeno alba bruno celine david edith filip gita harald ida ' +
  'jamal kira lorenzo magda nils odette petra rui selma tuan una viola wim yann zuzana aiko bogdan clara dora ' +
  'erik fiona gerd hiro irene joel klara liam marta nico ola pia ravi sara timo ulla vasil wout yves zelda akira ' +
  'birgit carlos dina elena frank gwen hassan ilse jana kai lars mei nina oleg pilar romy simon tess uri vito ' +
  'willa yoko zack agnes basil corin dalia esme felix gina henk inga jude kasia luz milo neva orla paco reem sven ' +
  'tilda ingrid mathis oona ruben salma thea ulf yvonne zita'
).split(' ')

/** Readable ids, each once: ada, ben, … and when the names are used up ada-2, ben-2, … */
export const userIds = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => {
    const name = GIVEN[index % GIVEN.length]!
    const round = Math.floor(index / GIVEN.length) + 1
    return round === 1 ? name : `${name}-${round}`
  })
