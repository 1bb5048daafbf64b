/** How people say what they do, in a language other than English. `{}` is one of a subject's nouns. */
export interface Phrasebook {
  readonly language: string
  readonly sentences: readonly string[]
  /** Nouns of each subject, in the order of SUBJECTS. */
  readonly nouns: readonly (readonly string[])[]
}

const words = (text: string): readonly (readonly string[])[] =>
  text.split('|').map((subject) => subject.split(',').map((noun) => noun.trim()))

/** English has sentences of its own for each subject; see subjects.ts. */
export const PHRASEBOOKS: readonly Phrasebook[] = [
  {
    language: 'de',
    sentences: [
      'Endlich wieder Zeit dafür: {}.',
      'Heute den ganzen Tag: {}. Und morgen gleich noch einmal.',
      'Wer von euch kennt sich damit aus: {}?',
      'Ein Abend, zwei Freunde, {}. Mehr braucht es nicht.',
      'Meine Freude der Woche: {}.',
    ],
    nouns: words(
      'Lissabon, Nachtzüge, Wandern im Harz|Sauerteig, Linsensuppe, Maultaschen|Hausmusik, Jazz, Chorproben|' +
        'Fußball, das Derby, Kreisliga|Laufen im Regen, Intervalle, Halbmarathon|Straßenfotografie, Analogfilm, Nebel|' +
        'Typsysteme, Datenbanken, alter Code|Tomaten, Dahlien, der Schrebergarten|Stummfilme, Programmkino, Dokus|' +
        'Sternegucken, Bienenzählen, Klimadaten|Regale bauen, Tapeten, der Dachboden|Schach, Brettspiele, Quizabende',
    ),
  },
  {
    language: 'fr',
    sentences: [
      'Enfin un peu de temps pour {}.',
      'Toute la journée avec {}, et je recommence demain.',
      'Une question à qui s’y connaît : {} ?',
      'Un soir, deux amis, {}. Rien de plus.',
      'J’avais oublié à quel point j’aime {}.',
    ],
    nouns: words(
      'Lisbonne, les trains de nuit, la Bretagne|le levain, la soupe, les crêpes|le jazz, la chorale, les vinyles|' +
        'le foot, le derby, la troisième mi-temps|la course sous la pluie, le fractionné, le marathon|' +
        'la photo de rue, l’argentique, la brume|les bases de données, le vieux code, TypeScript|' +
        'les tomates, les dahlias, le potager|le cinéma muet, les documentaires, les vieux films|' +
        'les étoiles, les abeilles, les marées|le bricolage, les étagères, le grenier|les échecs, les jeux de société, les quiz',
    ),
  },
  {
    language: 'es',
    sentences: [
      'Por fin un rato para {}.',
      'Todo el día con {}, y mañana otra vez.',
      '¿Quién de vosotros entiende de esto: {}?',
      'Una tarde, dos amigos, {}. No hace falta más.',
      'La alegría de la semana: {}.',
    ],
    nouns: words(
      'Oaxaca, el tren nocturno, Lisboa|la masa madre, la paella, las lentejas|el flamenco, el jazz, el coro|' +
        'el fútbol, el derbi, el equipo del barrio|correr con lluvia, las series, la media maratón|' +
        'la foto de calle, el carrete, la niebla|el código viejo, las bases de datos, SQL|los tomates, el huerto, las dalias|' +
        'el cine mudo, los documentales, el cineclub|las estrellas, las abejas, las mareas|el bricolaje, las estanterías, el suelo|' +
        'el ajedrez, los juegos de mesa, el parchís',
    ),
  },
  {
    language: 'pt-br',
    sentences: [
      'Finalmente um tempo para {}.',
      'O dia inteiro com {}, e amanhã tem mais.',
      'Quem aqui entende disto: {}?',
      'Uma noite, dois amigos, {}. Não precisa de mais nada.',
      'Tinha esquecido o quanto gosto de {}.',
    ],
    nouns: words(
      'Paraty, trem noturno, Lisboa|pão caseiro, feijoada, moqueca|bossa nova, chorinho, vinil|' +
        'futebol, o clássico, a várzea|corrida na chuva, tiros, meia maratona|fotografia de rua, filme, neblina|' +
        'código antigo, bancos de dados, cache|tomates, a horta, orquídeas|cinema mudo, documentários, cineclube|' +
        'estrelas, abelhas, marés|marcenaria, azulejos, o quintal|xadrez, jogos de tabuleiro, truco',
    ),
  },
]
