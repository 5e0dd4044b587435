"""Names of people and streets, by language and country: common ones, so nobody in particular."""

from random import Random

GIVEN_NAMES = {
    "it": (
        "Giulia", "Marco", "Francesca", "Luca", "Chiara", "Alessandro", "Sara", "Matteo",
        "Martina", "Davide", "Elena", "Andrea", "Valentina", "Lorenzo", "Beatrice", "Niccolò",
        "Caterina", "Pietro", "Ilaria", "Tommaso",
    ),
    "fr": (
        "Camille", "Louis", "Chloé", "Hugo", "Manon", "Jules", "Inès", "Gabriel", "Léa", "Arthur",
        "Zoé", "Étienne", "Margaux", "Théo", "Anaïs", "Benoît",
    ),
    "de": (
        "Anna", "Lukas", "Lena", "Jonas", "Sophie", "Felix", "Marie", "Maximilian", "Katharina",
        "Jürgen", "Hannah", "Paul", "Greta", "Moritz", "Johanna", "Björn",
    ),
    "es": (
        "Lucía", "Pablo", "María", "Álvaro", "Paula", "Diego", "Carmen", "Javier", "Elena",
        "Sergio", "Nuria", "Íñigo",
    ),
}  # fmt: skip
FAMILY_NAMES = {
    "it": (
        "Rossi", "Russo", "Ferrari", "Esposito", "Bianchi", "Romano", "Colombo", "Ricci", "Marino",
        "Greco", "Bruno", "Gallo", "Conti", "De Luca", "Mancini", "Costa", "Giordano", "Rizzo",
        "Lombardi", "D'Angelo",
    ),
    "fr": (
        "Martin", "Bernard", "Dubois", "Thomas", "Robert", "Richard", "Petit", "Durand", "Leroy",
        "Moreau", "Lefèvre", "Garnier", "Chevalier", "Gauthier", "Le Gall", "Fournier",
    ),
    "de": (
        "Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker",
        "Schulz", "Hoffmann", "Schäfer", "Koch", "Bauer", "Richter", "Klein", "Groß",
    ),
    "es": (
        "García", "Martínez", "López", "Sánchez", "Pérez", "Gómez", "Fernández", "Ruiz",
        "Díaz", "Moreno", "Muñoz", "Álvarez",
    ),
}  # fmt: skip
STREETS = {
    "AT": ("Hauptstraße", "Bahnhofstraße", "Schulgasse", "Mozartstraße", "Lindengasse"),
    "BE": ("Rue de l'Église", "Kerkstraat", "Rue Haute", "Stationsstraat", "Nieuwstraat"),
    "CH": ("Bahnhofstrasse", "Hauptstrasse", "Dorfstrasse", "Seestrasse", "Kirchgasse"),
    "DE": ("Hauptstraße", "Schillerstraße", "Goethestraße", "Gartenweg", "Lindenstraße"),
    "ES": ("Calle Mayor", "Calle Real", "Calle de la Paz", "Avenida de la Constitución"),
    "FR": ("rue Victor Hugo", "rue de la République", "rue Pasteur", "avenue Jean Jaurès"),
    "GB": ("High Street", "Station Road", "Church Lane", "Victoria Road", "Mill Lane"),
    "IT": ("Via Garibaldi", "Via Mazzini", "Corso Italia", "Via Dante", "Viale Verdi", "Via Roma"),
    "LU": ("Grand-Rue", "rue Notre-Dame", "rue de la Gare", "avenue de la Liberté"),
    "NL": ("Kerkstraat", "Dorpsstraat", "Molenweg", "Stationsweg", "Wilhelminastraat"),
    "PT": ("Rua da Igreja", "Rua Direita", "Avenida da Liberdade", "Rua de Santo António"),
}
NUMBER_FIRST = frozenset({"FR", "GB", "LU"})


def street_address(country: str, rng: Random) -> str:
    """A street and a number, in the order in which that country writes them."""
    street, number = rng.choice(STREETS[country]), rng.randint(1, 140)
    return f"{number} {street}" if country in NUMBER_FIRST else f"{street} {number}"


def person(language: str, rng: Random) -> str:
    return f"{rng.choice(GIVEN_NAMES[language])} {rng.choice(FAMILY_NAMES[language])}"
