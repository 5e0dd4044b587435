"""Real European cities: the places where demo stores stand and demo shoppers live.

Coordinates, populations (rounded to thousands) and time zones are facts from GeoNames
(https://www.geonames.org), licensed under CC BY 4.0. Region codes are those of ISO 3166-2 without
the country (in Italy and Spain the province); the postal code is one of the center.
"""

from dataclasses import dataclass

TIME_ZONES = {
    "AT": "Europe/Vienna",
    "BE": "Europe/Brussels",
    "CH": "Europe/Zurich",
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "IT": "Europe/Rome",
    "LU": "Europe/Luxembourg",
    "NL": "Europe/Amsterdam",
    "PT": "Europe/Lisbon",
}


@dataclass(frozen=True, slots=True)
class City:
    """A city by its local name; positional, because the table below is read as a table."""

    name: str
    country: str
    region: str
    latitude: float
    longitude: float
    population: int
    postal_code: str

    @property
    def time_zone(self) -> str:
        return TIME_ZONES[self.country]  # No city below lies in a second zone of its country.


CITIES = (
    City("Milano", "IT", "MI", 45.4643, 9.1895, 1_371_000, "20121"),
    City("Roma", "IT", "RM", 41.8919, 12.5113, 2_319_000, "00186"),
    City("Napoli", "IT", "NA", 40.8522, 14.2681, 909_000, "80133"),
    City("Torino", "IT", "TO", 45.0705, 7.6868, 847_000, "10121"),
    City("Palermo", "IT", "PA", 38.1166, 13.3636, 648_000, "90133"),
    City("Genova", "IT", "GE", 44.4048, 8.9444, 580_000, "16121"),
    City("Bologna", "IT", "BO", 44.4938, 11.3387, 395_000, "40121"),
    City("Firenze", "IT", "FI", 43.7792, 11.2463, 367_000, "50123"),
    City("Bari", "IT", "BA", 41.1207, 16.8698, 316_000, "70121"),
    City("Catania", "IT", "CT", 37.4922, 15.0704, 312_000, "95131"),
    City("Verona", "IT", "VR", 45.4385, 10.9938, 258_000, "37121"),
    City("Venezia", "IT", "VE", 45.4371, 12.3326, 51_000, "30124"),
    City("Messina", "IT", "ME", 38.1939, 15.5526, 220_000, "98122"),
    City("Padova", "IT", "PD", 45.408, 11.8859, 204_000, "35122"),
    City("Trieste", "IT", "TS", 45.6495, 13.7768, 204_000, "34121"),
    City("Brescia", "IT", "BS", 45.5356, 10.2147, 200_000, "25121"),
    City("Parma", "IT", "PR", 44.7993, 10.3262, 198_000, "43121"),
    City("Taranto", "IT", "TA", 40.4644, 17.2471, 199_000, "74123"),
    City("Prato", "IT", "PO", 43.8805, 11.097, 195_000, "59100"),
    City("Modena", "IT", "MO", 44.6478, 10.9254, 185_000, "41121"),
    City("Reggio Calabria", "IT", "RC", 38.1105, 15.6613, 182_000, "89125"),
    City("Reggio Emilia", "IT", "RE", 44.6983, 10.6312, 172_000, "42121"),
    City("Livorno", "IT", "LI", 43.5443, 10.3262, 157_000, "57123"),
    City("Cagliari", "IT", "CA", 39.2305, 9.1192, 149_000, "09124"),
    City("Rimini", "IT", "RN", 44.0575, 12.5653, 149_000, "47921"),
    City("Foggia", "IT", "FG", 41.4584, 15.5519, 137_000, "71121"),
    City("Salerno", "IT", "SA", 40.6754, 14.7933, 126_000, "84121"),
    City("Bergamo", "IT", "BG", 45.696, 9.6672, 121_000, "24122"),
    City("Trento", "IT", "TN", 46.0679, 11.1211, 121_000, "38122"),
    City("Perugia", "IT", "PG", 43.1122, 12.3888, 120_000, "06121"),
    City("Pescara", "IT", "PE", 42.4584, 14.2028, 120_000, "65121"),
    City("Pisa", "IT", "PI", 43.7085, 10.4036, 110_000, "56125"),
    City("Bolzano", "IT", "BZ", 46.4907, 11.3398, 107_000, "39100"),
    City("Piacenza", "IT", "PC", 45.0524, 9.6934, 104_000, "29121"),
    City("Udine", "IT", "UD", 46.0693, 13.2371, 100_000, "33100"),
    City("Sassari", "IT", "SS", 40.7259, 8.5555, 92_000, "07100"),
    City("Ancona", "IT", "AN", 43.6072, 13.5103, 90_000, "60121"),
    City("Ravenna", "IT", "RA", 44.4134, 12.2012, 81_000, "48121"),
    City("Lecce", "IT", "LE", 40.3548, 18.1724, 81_000, "73100"),
    City("Catanzaro", "IT", "CZ", 38.8825, 16.6009, 79_000, "88100"),
    City("Potenza", "IT", "PZ", 40.6418, 15.8079, 56_000, "85100"),
    City("Campobasso", "IT", "CB", 41.5595, 14.6674, 49_000, "86100"),
    City("Aosta", "IT", "AO", 45.7376, 7.3172, 35_000, "11100"),
    City("Paris", "FR", "IDF", 48.8534, 2.3488, 2_139_000, "75001"),
    City("Marseille", "FR", "PAC", 43.297, 5.3811, 877_000, "13001"),
    City("Lyon", "FR", "ARA", 45.7491, 4.8479, 521_000, "69002"),
    City("Toulouse", "FR", "OCC", 43.6043, 1.4437, 512_000, "31000"),
    City("Nice", "FR", "PAC", 43.7031, 7.2661, 343_000, "06000"),
    City("Nantes", "FR", "PDL", 47.2172, -1.5534, 325_000, "44000"),
    City("Strasbourg", "FR", "GES", 48.5839, 7.7455, 275_000, "67000"),
    City("Bordeaux", "FR", "NAQ", 44.8412, -0.5805, 265_000, "33000"),
    City("Montpellier", "FR", "OCC", 43.6109, 3.8763, 248_000, "34000"),
    City("Lille", "FR", "HDF", 50.6339, 3.0551, 239_000, "59000"),
    City("Rennes", "FR", "BRE", 48.1111, -1.6743, 228_000, "35000"),
    City("Ajaccio", "FR", "20R", 41.9189, 8.7381, 54_000, "20000"),
    City("Berlin", "DE", "BE", 52.5244, 13.4105, 3_426_000, "10117"),
    City("Hamburg", "DE", "HH", 53.5507, 9.993, 1_974_000, "20095"),
    City("München", "DE", "BY", 48.1374, 11.5755, 1_505_000, "80331"),
    City("Köln", "DE", "NW", 50.9333, 6.95, 1_025_000, "50667"),
    City("Frankfurt am Main", "DE", "HE", 50.1155, 8.6842, 650_000, "60311"),
    City("Düsseldorf", "DE", "NW", 51.2232, 6.7793, 619_000, "40213"),
    City("Stuttgart", "DE", "BW", 48.7823, 9.177, 613_000, "70173"),
    City("Bremen", "DE", "HB", 53.0758, 8.8072, 547_000, "28195"),
    City("Nürnberg", "DE", "BY", 49.4542, 11.0775, 516_000, "90402"),
    City("Hannover", "DE", "NI", 52.3705, 9.7332, 515_000, "30159"),
    City("Leipzig", "DE", "SN", 51.3396, 12.3713, 505_000, "04109"),
    City("Madrid", "ES", "M", 40.4165, -3.7026, 3_256_000, "28013"),
    City("Barcelona", "ES", "B", 41.3888, 2.159, 1_686_000, "08002"),
    City("Valencia", "ES", "V", 39.4739, -0.3797, 824_000, "46002"),
    City("Zaragoza", "ES", "Z", 41.6561, -0.8773, 687_000, "50003"),
    City("Sevilla", "ES", "SE", 37.3828, -5.9732, 687_000, "41001"),
    City("Málaga", "ES", "MA", 36.7202, -4.4203, 592_000, "29015"),
    City("Palma", "ES", "PM", 39.5694, 2.6502, 438_000, "07001"),
    City("Bilbao", "ES", "BI", 43.2627, -2.9253, 347_000, "48001"),
    City("Wien", "AT", "9", 48.2085, 16.3721, 1_691_000, "1010"),
    City("Graz", "AT", "6", 47.0673, 15.442, 303_000, "8010"),
    City("Linz", "AT", "4", 48.3064, 14.2861, 205_000, "4020"),
    City("Salzburg", "AT", "5", 47.7994, 13.044, 157_000, "5020"),
    City("Innsbruck", "AT", "7", 47.2627, 11.3945, 132_000, "6020"),
    City("Zürich", "CH", "ZH", 47.3667, 8.55, 415_000, "8001"),
    City("Genève", "CH", "GE", 46.2022, 6.1457, 202_000, "1204"),
    City("Basel", "CH", "BS", 47.5584, 7.5733, 178_000, "4051"),
    City("Bern", "CH", "BE", 46.9481, 7.4474, 122_000, "3011"),
    City("Lugano", "CH", "TI", 46.0101, 8.96, 63_000, "6900"),
    City("Bruxelles", "BE", "BRU", 50.8505, 4.3488, 1_019_000, "1000"),
    City("Antwerpen", "BE", "VAN", 51.2205, 4.4003, 529_000, "2000"),
    City("Gent", "BE", "VOV", 51.05, 3.7167, 265_000, "9000"),
    City("Liège", "BE", "WLG", 50.6337, 5.5675, 195_000, "4000"),
    City("Rotterdam", "NL", "ZH", 51.9225, 4.4792, 868_000, "3011 AD"),
    City("Amsterdam", "NL", "NH", 52.374, 4.8897, 742_000, "1012 JS"),
    City("Den Haag", "NL", "ZH", 52.0767, 4.2986, 474_000, "2511 BT"),
    City("Utrecht", "NL", "UT", 52.0908, 5.1222, 376_000, "3512 JC"),
    City("Eindhoven", "NL", "NB", 51.4408, 5.4778, 236_000, "5611 EM"),
    City("Luxembourg", "LU", "LU", 49.6098, 6.1327, 77_000, "1136"),
    City("Lisboa", "PT", "11", 38.7251, -9.1498, 518_000, "1100-148"),
    City("Porto", "PT", "13", 41.1485, -8.611, 253_000, "4000-064"),
    City("London", "GB", "LND", 51.5085, -0.1257, 8_962_000, "WC2N 5DN"),
    City("Birmingham", "GB", "BIR", 52.4814, -1.8998, 1_158_000, "B1 1BB"),
    City("Glasgow", "GB", "GLG", 55.8651, -4.2576, 626_000, "G2 1DU"),
    City("Manchester", "GB", "MAN", 53.4809, -2.2374, 569_000, "M2 5DB"),
    City("Edinburgh", "GB", "EDH", 55.9521, -3.1965, 515_000, "EH1 1YJ"),
)
BY_NAME = {city.name: city for city in CITIES}
