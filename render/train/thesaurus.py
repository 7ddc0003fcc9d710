"""Words that lead to a subject without being what its captions call it: what visitors say instead.

They are never trained, and none is led by itself: every unknown word, these too, follows the subject whose words, in
captions and here, it is most like. Nothing comes of those that are caption words themselves or that the tokenizer
splits. The words that `Subject.held` keeps to measure what unknown words lead to are not among them; a test holds that.
"""

from __future__ import annotations

from typing import Final

KIN: Final[dict[str, str]] = {
    "someone writing a story": "poet novelist pen pencil ink scribbling penmanship calligraphy "
    "typist journalist secretary notetaking signature correspondence storyteller playwright essay",
    "a hand": "fingers fingertips thumb knuckles wrist palm forefinger handprint clap salute",
    "two hands that reach for each other": "touch grasp longing reach embrace farewell creation rescue caress hold",
    "two people on a journey": "travelers travellers twins friends partners wanderers hikers pair duo husband wife "
    "newlyweds sweethearts refugees migrants emigrants walkers trek voyage exile",
    "a person": "human boy girl child guy lady gentleman individual loner hero soldier worker teacher mother father "
    "grandmother grandfather king queen ghost god angel tourist invigilator guard monk nun",
    "a crowd": "masses throng demonstration protest march rally parade congregation onlookers viewers visitors "
    "citizens society population riot concert festival army",
    "a person with an umbrella": "umbrellas brolly sunshade raincoat",
    "a face": "facial beauty smile frown expression mask selfie actress actor mona lisa headshot likeness looks",
    "an eye": "eyes iris pupil eyelid eyelash eyebrow sight vision seeing look stare glance surveillance witness",
    "an ear": "ears hearing listen listening audio acoustics sound eavesdropping",
    "a mouth with teeth": "mouths lips teeth tooth fangs dentist dental bite kiss shout scream speech laughter singing "
    "singer voice yell throat",
    "a skull": "skulls vanitas death yorick pirate mortality poison",
    "a skeleton": "skeletons bone spine ribcage anatomy corpse fossil radiology xray backbone joints",
    "a dancer": "dance dancers dancing ballet tango choreography pirouette gymnast performer tutu",
    "a sleeper in a bed": "sleeping asleep dream dreams dreamer dreaming slumber nightmare rest tired drowsy patient "
    "coma snoring",
    "people round a table": "dinner supper feast guests party lunch breakfast gathering committee seance negotiation "
    "poker restaurant meal",
    "a head in profile": "silhouettes outline bust contour coin nose chin",
    "a window": "windows pane casement blinds glazing sill drapes",
    "a doorway": "door doors doorways gate gateway exit entry opening arch entrance",
    "the inside of a train": "trains railcar wagon carriage metro passenger commuter",
    "the inside of a bus": "bus buses trolleybus shuttle passengers omnibus",
    "a corridor": "corridors hallways aisle passageway hall passages foyer",
    "a kitchen": "kitchens stove cooker oven cooking saucepan pantry cook chef sink refrigerator",
    "a bedroom": "bedrooms beds mattress pillow blanket cradle crib motel hostel duvet",
    "a bathroom": "bath tub shower toilet basin spa bathhouse",
    "an empty room": "room emptiness empty void vacant interior loneliness prison nothing solitude",
    "the inside of a church": "church churches cathedral nave altar shrine monastery mosque synagogue temple prayer "
    "religion pew crypt minster",
    "a library": "libraries bookshop bookstore shelf shelves literature knowledge encyclopedia study",
    "a museum": "museums gallery galleries exhibit exhibitions paintings painting artwork masterpiece curator louvre "
    "art collection",
    "a theatre stage": "theatre theater drama stage auditorium tragedy comedy spotlight cabaret ballroom performance",
    "a factory": "factories workshop plant manufacturing warehouse hangar production mill works",
    "an attic": "rafters lofts gable roof beams",
    "a staircase": "staircases steps stairways escalator ladder ascent descent climb",
    "a city at night": "cities town urban nightlife skyscraper tower towers manhattan tokyo york london paris berlin "
    "shanghai metropolitan buildings capital",
    "a hill of crosses": "cross crucifix grave graves tomb burial churchyard golgotha gravestone mourning funeral "
    "crucifixion lithuania memorial",
    "a street": "streets boulevard village neighbourhood neighborhood suburb pavement terrace square",
    "railway tracks": "rails rail track railroad platform station crossing",
    "a tunnel": "tunnels underpass mine shaft sewer pit catacombs",
    "a bridge": "bridges arches overpass footbridge suspension",
    "a house": "houses cottage hut home mansion bungalow shed barn farm chalet residence homestead palace",
    "a lighthouse": "lighthouses beacon beacons harbour harbor coast signal",
    "ruins": "ruin ruined temples column pillars rome greece pompeii antiquity ancient parthenon forum archaeology "
    "remnants rubble",
    "factory chimneys": "chimney chimneys smokestack smoke pollution industrial smog emissions coal exhaust",
    "stained glass": "rosette tracery leadlight kaleidoscope saints",
    "a map": "maps chart geography globe navigation route plan compass directions territory",
    "a brick wall": "brick walls barrier fence rampart fortress",
    "a clock": "clocks hours minutes time hour timepiece alarm midnight noon wristwatch pendulum",
    "a chessboard": "chessmen pawn bishop knight checkers backgammon grandmaster gambit",
    "a labyrinth": "mazes puzzle minotaur lost bewilderment ariadne",
    "a spiral": "spirals whirl twist vertigo hypnosis curl coils whirlpool eddy",
    "a landscape outside the window": "landscape landscapes scenery view panorama passing travelling "
    "fields hills vista farmland",
    "mountains": "mountain peak peaks alpine himalaya ridge glacier andes matterhorn alps highlands rockies massif",
    "a forest": "forests woods trees woodland rainforest wilderness undergrowth thicket pines",
    "a desert": "deserts dune sand sandy oasis arid namib dust",
    "a meadow of flowers": "meadows pasture wildflowers poppies field grassland heath steppe savanna spring garden",
    "a snowy landscape": "snowy wintry ice icy arctic antarctica tundra siberia avalanche frozen cold december january",
    "a road": "roads highway highways freeway path asphalt pilgrimage",
    "cracked earth": "drought mud soil clay ground earth parched crust erosion cracks crack",
    "a cave": "caves cavern caverns grotto stalactite stalactites hollow cellar",
    "a volcano": "volcanoes volcanic eruption lava crater etna krakatoa geyser",
    "fire": "flame burning blaze furnace wildfire torch bonfire embers arson ignition fireplace hell ashes heat",
    "clouds": "cloud sky skies cloudy heaven heavens mist fog air",
    "a sunset": "sunrise sun dawn twilight evening morning horizon sundown solar sunshine",
    "lightning": "thunder thunderstorm storm storms electricity hurricane typhoon bolt",
    "the aurora": "auroras polar borealis northern lapland iceland",
    "stars": "star starry starlight night astronomy zodiac orion",
    "a galaxy": "galaxies nebula cosmos cosmic space interstellar andromeda milky eternity infinity",
    "the moon": "moons lunar moonlight moonlit crescent planet orbit apollo",
    "a snow crystal": "snowflake snowflakes crystal crystals frosty icicle frost flake",
    "bubbling water": "bubble bubbles boiling boil water liquid foam steam soup cauldron champagne "
    "jacuzzi broth fizz suds",
    "the sea": "seas ocean oceans wave waves pacific atlantic beach shore coastline maritime marine tsunami breakers",
    "a river": "rivers stream streams brook danube rhine thames nile mississippi valley canal",
    "a waterfall": "waterfalls cascade niagara falls fountain cliff",
    "an island": "islands isle isles archipelago hawaii reef lagoon castaway",
    "rain": "rains rainy rainfall raindrop raindrops monsoon wet",
    "a feather": "feathers plume plumes wing quill down goose",
    "a mitten": "mittens woollen muff",
    "a knitted mitten pattern": "knitting knitted knit sweater jumper wool woven textile weaving fabric tapestry "
    "carpet quilt crochet pattern patterns ornament folk",
    "cigarette stubs": "cigarette cigarettes tobacco ashtray nicotine smoker butts stubs addiction",
    "a key": "keys lock unlock locksmith keyhole",
    "a knife": "knives blade blades sword razor scissors weapon cutlery axe",
    "a shoe": "shoes boots footwear sneakers heel cobbler trainers footprint",
    "a chair": "chairs seat bench sofa throne rocker furniture couch",
    "a shell": "shells seashell oyster snail conch pearl scallop mollusc",
    "pages and letters": "page letters letter paper papers newspaper newspapers text texts alphabet print typography "
    "script scroll contract press words news",
    "a book": "books novel textbook story tale dictionary notebook chapter fairytale hardback",
    "an envelope": "envelopes mail parcel stamp postage postman email",
    "a fern": "ferns frond fronds bracken moss",
    "a flower": "flowers blossom blossoms daisy daisies lily lotus orchid petals petal bloom",
    "a rose": "roses valentine rosebud thorn thorns romance",
    "a leaf": "leaves leafy autumn ivy vine",
    "a mushroom": "mushrooms toadstool fungi truffle spores",
    "a tree": "oak birch pine elm beech branches trunk",
    "a bottle": "bottles wine beer flask whiskey gin rum carafe perfume vial medicine",
    "a cup": "cups coffee tea teacup saucer cappuccino cafe drink",
    "a candle": "candles candlelight candlestick wax vigil",
    "a lamp": "lamps lampshade chandelier lighting streetlamp",
    "an egg": "eggs hen easter hatch ovum nest",
    "a loaf of bread": "bread loaf loaves bakery baker toast dough sandwich flour",
    "a bowl of fruit": "fruit fruits bowl pears bananas lemons plums basket cherries berries",
    "a vase": "vases bouquet bouquets pottery ceramic pot florist amphora",
    "an apple": "apples orchard pear eden newton",
    "gears": "gear machine machines machinery engine mechanical cogwheel clockwork motor turbine apparatus",
    "a circuit board": "circuit circuits electronics microchip chip chips processor semiconductor silicon hardware "
    "electronic transistor nvidia",
    "a robot": "robots android androids automaton robotics artificial terminator ai",
    "a light bulb": "bulb bulbs idea edison electric invention lightbulb",
    "a camera": "cameras photographer photography lens camcorder kodak leica",
    "a television": "tv television televisions screen telly channel antenna video",
    "a computer": "computers pc monitor desktop internet software programmer algorithm mainframe data",
    "a telephone": "telephones phone phones telephone smartphone mobile dial hotline cellphone",
    "a guitar": "guitars guitarist banjo strings violin cello mandolin flamenco",
    "a piano": "pianos pianist keyboard chopin sonata accordion mozart",
    "a car": "cars automobile vehicle truck van sedan driver ford mercedes traffic garage",
    "a bicycle": "bicycles bike bikes cyclist cycling wheel motorcycle scooter",
    "a locomotive": "locomotives freight express",
    "an airplane": "airplanes plane planes jet jets boeing flight pilot airport airline bomber glider aviation",
    "a hot air balloon": "balloons zeppelin ballooning blimp dirigible",
    "a sailing boat": "sailboat sail sailing boat boats ship ships yacht canoe ferry regatta frigate sailor ark",
    "a bird": "birds songbird sparrow robin crow raven eagle owl pigeon dove swallow gull swan parrot hawk nightingale",
    "a fish": "fishes trout carp goldfish shark cod tuna perch aquarium pike whale",
    "a butterfly": "butterflies moth moths caterpillar wings bee dragonfly",
    "a cat": "cats kitten kittens tabby pussy lion tiger leopard panther lynx pet",
    "a horse": "horses pony mare stallion colt donkey mule rider zebra unicorn",
    "an elephant": "elephants tusk tusks ivory rhinoceros hippopotamus giant",
    "a snake": "snakes serpent viper python rattlesnake boa reptile dragon lizard eel",
    "a spider": "spiders cobweb tarantula web insect scorpion crab arachne",
}
"""Such words by the first caption word of their subject."""
