import type { PostKind } from '../../schemas/index.ts'

/** What a post about a subject may look like. `{}` in a sentence is filled in. */
export interface Subject {
  readonly name: string
  readonly sentences: readonly string[]
  readonly fillings: readonly string[]
  readonly hashtags: readonly string[]
  /** Kinds of posts, a common kind named more than once. */
  readonly kinds: readonly PostKind[]
}

export const SUBJECTS: readonly Subject[] = [
  {
    name: 'travel',
    sentences: [
      'Two days in {} and I already want to move here.',
      'The night train to {} is worth every hour.',
      'Woke up early to have {} to myself.',
      'Packing light for {} this time, I promise.',
      'Nobody told me how good the food is in {}.',
      'Missed my connection, so here is one unplanned day in {}.',
    ],
    fillings: ['Lisbon', 'Kyoto', 'Oaxaca', 'Ljubljana', 'Tbilisi', 'Valparaíso', 'Hanoi', 'Porto'],
    hashtags: ['slowtravel', 'nighttrain', 'travelphotography', 'citybreak', 'wanderlust', 'hiddengems'],
    kinds: ['photo', 'photo', 'video', 'text'],
  },
  {
    name: 'food',
    sentences: [
      'Third attempt at {} and it finally works.',
      'My grandmother would not approve of this {}.',
      'Sunday lunch: {} and far too much bread.',
      'The secret to good {} is patience. And butter.',
      'Does anyone have a {} recipe without garlic?',
      'Found a tiny place that serves only {}.',
    ],
    fillings: ['ramen', 'sourdough', 'paella', 'dumplings', 'shakshuka', 'lentil soup', 'pierogi', 'mole'],
    hashtags: ['homemade', 'streetfood', 'sourdough', 'bakingbread', 'veganrecipes', 'sundaylunch'],
    kinds: ['photo', 'photo', 'video', 'link'],
  },
  {
    name: 'music',
    sentences: [
      'Practising {} until the neighbours move out.',
      'Last night proved that {} belongs in small rooms.',
      'Rediscovered an old record full of {}.',
      'Can we talk about how hard {} is to play well?',
      'A playlist of {} for the drive home.',
      'First concert in months: {} from start to end.',
    ],
    fillings: [
      'bossa nova',
      'slow blues',
      'string quartets',
      'afrobeat',
      'folk songs',
      'techno',
      'gospel',
      'jazz',
    ],
    hashtags: ['livemusic', 'nowplaying', 'newmusicfriday', 'vinyl', 'jazzmusic', 'songwriting'],
    kinds: ['video', 'link', 'text'],
  },
  {
    name: 'football',
    sentences: [
      'That goal by {} will be replayed for years.',
      'Ninety minutes of hope, again, thanks to {}.',
      'How did {} not win that one?',
      'Taking my daughter to see {} for the first time.',
      'Tactics thread: why {} press so high.',
      'Cold stand, warm tea, {} two up at half time.',
    ],
    fillings: [
      'the reserves',
      'our women',
      'the village team',
      'City',
      'the under nineteens',
      'Rovers',
      'United',
    ],
    hashtags: ['matchday', 'womensfootball', 'footballtactics', 'worldcup', 'grassroots', 'derbyday'],
    kinds: ['text', 'video', 'link', 'photo'],
  },
  {
    name: 'running',
    sentences: [
      'Six kilometres along {} before breakfast.',
      'New shoes, old legs, same loop round {}.',
      'Long run done: {} and back, mostly smiling.',
      'Rain all the way up {}. Would do it again.',
      'Finally under fifty minutes on {}.',
      'Who is in for {} on Saturday?',
    ],
    fillings: ['the canal', 'the reservoir', 'Castle Hill', 'the old railway', 'the park', 'the coast path'],
    hashtags: ['morningrun', 'trailrunning', 'marathontraining', 'couchto5k', 'runclub', 'halfmarathon'],
    kinds: ['text', 'photo'],
  },
  {
    name: 'photography',
    sentences: [
      'Waited an hour for this light on {}.',
      'One roll of film, one subject: {}.',
      'Shot {} from the hip and kept the blur.',
      'What would you crop out of {}?',
      '{}, minutes before the storm.',
      'Printing {} tonight, the screen never does it justice.',
    ],
    fillings: [
      'the harbour',
      'an empty station',
      'the market',
      'fog over the valley',
      'the old bridge',
      'strangers',
    ],
    hashtags: [
      'filmphotography',
      'streetphotography',
      'goldenhour',
      'longexposure',
      'blackandwhite',
      'fogwatch',
    ],
    kinds: ['photo', 'photo', 'photo', 'text'],
  },
  {
    name: 'programming',
    sentences: [
      'Deleted four hundred lines of {} today and nothing broke.',
      'A week with {}: notes and regrets.',
      'Why does {} make the easy things hard?',
      'Wrote up what I learnt about {} this year.',
      'The bug was in {}. The bug is always in {}.',
      'Teaching {} to beginners taught me most of it.',
    ],
    fillings: [
      'stream processing',
      'TypeScript',
      'date handling',
      'caching',
      'SQL',
      'event sourcing',
      'regexes',
    ],
    hashtags: ['opensource', 'typescript', 'dataengineering', 'darkmode', '100daysofcode', 'freshetfeed'],
    kinds: ['text', 'link', 'link'],
  },
  {
    name: 'gardening',
    sentences: [
      'The {} survived the frost after all.',
      'Too many {}. Come with a bag, neighbours.',
      'Slugs one, {} nil.',
      'Sowed {} in egg boxes on the windowsill.',
      'First {} of the year, the size of a coin.',
      'Should I move the {} before winter?',
    ],
    fillings: ['tomatoes', 'courgettes', 'sweet peas', 'beans', 'quince', 'dahlias', 'rhubarb', 'fig tree'],
    hashtags: ['growyourown', 'gardeninglife', 'balconygarden', 'seedswap', 'nodig', 'autumnleaves'],
    kinds: ['photo', 'photo', 'text'],
  },
  {
    name: 'films',
    sentences: [
      'Saw {} in an almost empty cinema. Perfect.',
      '{} is better the second time.',
      'I will defend {} against all of you.',
      'Nothing to say about {} without spoiling it, so: go.',
      'Fell asleep during {}, twice.',
      'Double bill tonight, starting with {}.',
    ],
    fillings: [
      'a silent classic',
      'that heist film',
      'the long one',
      'a Hungarian comedy',
      'the new documentary',
    ],
    hashtags: ['movienight', 'worldcinema', 'documentary', 'filmclub', 'silentfilm', 'doublebill'],
    kinds: ['text', 'link', 'video'],
  },
  {
    name: 'science',
    sentences: [
      'A clear night, so here is {} through a small telescope.',
      'Read a careful paper about {} over lunch.',
      'My students asked about {} and I had no good answer.',
      'What everyone gets wrong about {}.',
      'Volunteers wanted: we are counting {} this weekend.',
      'Ten years of data on {}, in one chart.',
    ],
    fillings: [
      'swifts',
      'sea ice',
      "Saturn's rings",
      'sleep',
      'soil',
      'the northern lights',
      'bees',
      'tides',
    ],
    hashtags: [
      'citizenscience',
      'northernlights',
      'birdwatching',
      'climatechange',
      'openaccess',
      'askascientist',
    ],
    kinds: ['link', 'text', 'photo'],
  },
]

/** Said after the first sentence, or not at all. */
export const AFTERTHOUGHTS: readonly string[] = [
  'What should I try next?',
  'Worth it.',
  'Ask me again tomorrow.',
  'Thanks to everyone who came along.',
  'No regrets so far.',
  'More of this, please.',
  'I have questions.',
  'Tell me I am not the only one.',
  'Long story, short evening.',
  'Photos to follow.',
  'Not my finest hour, but a good one.',
  'Next week we do it properly.',
]

/** User ids; the first is the one the README asks about. */
export const NAMES: readonly string[] = (
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
