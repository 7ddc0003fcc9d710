"""Words that lead to a subject without being what its captions call it: what visitors say instead.

They are never trained, and none is led by itself: every unknown word, these too, follows the subject whose words, in
captions and here, it is most like. Those that MiniLM's pieces split become words of the tokenizer (see
`render.train.leading`). Nothing comes of those that are caption words themselves. The words that `Subject.held` keeps
to measure what unknown words lead to are not among them; a test holds that.
"""

from __future__ import annotations

from typing import Final

KIN: Final[dict[str, str]] = {
    "someone writing a story": "poet novelist pen pencil ink scribbling penmanship calligraphy typist journalist "
    "secretary notetaking signature correspondence storyteller playwright essay biographer scribbler notepad inkwell "
    "blogger screenwriter copywriter autograph memoir dictation stenographer columnist",
    "a hand": "fingers fingertips thumb knuckles wrist palm forefinger handprint clap salute fingernail fingernails "
    "pinky palmistry handful manicure thumbs gesture",
    "two hands that reach for each other": "touch grasp longing reach embrace farewell creation rescue caress hold "
    "handholding clasp cuddle hug tenderness intimacy comfort solidarity reconciliation",
    "two people on a journey": "travelers travellers twins friends partners wanderers hikers pair duo husband wife "
    "newlyweds sweethearts refugees migrants emigrants walkers trek voyage exile backpackers hitchhikers nomads "
    "adventurers runaways vagabonds pedestrians brothers sisters siblings honeymooners hike wanderlust",
    "a person": "human boy girl child guy lady gentleman individual loner hero soldier worker teacher mother father "
    "grandmother grandfather king queen ghost god angel tourist invigilator guard monk nun bystander "
    "granny grandma grandpa toddler teenager neighbour neighbor fisherman farmer nurse doctor "
    "policeman waiter saint prophet witch wizard vampire zombie mannequin statue sculpture",
    "a crowd": "masses throng demonstration protest march rally parade congregation onlookers viewers visitors "
    "citizens society population riot concert festival army carnival mobilisation strike picket multitude horde queue "
    "fans supporters hooligans rave",
    "a person with an umbrella": "umbrellas brolly sunshade raincoat",
    "a face": "facial beauty smile frown expression mask selfie actress actor mona lisa headshot likeness looks "
    "cheeks cheek forehead wrinkles beard moustache grimace complexion makeup freckles grin smirk "
    "sadness happiness joy anger sorrow tears crying weeping",
    "an eye": "eyes iris pupil eyelid eyelash eyebrow sight vision seeing look stare glance surveillance witness "
    "eyebrows eyelids eyelashes cornea retina wink blink monocle spectacles eyeglasses glasses goggles seer watcher "
    "spying voyeur cctv",
    "an ear": "ears hearing listen listening audio acoustics sound eavesdropping earring earrings earplug earphones "
    "headphones deaf whisper whispering noise",
    "a mouth with teeth": "mouths lips teeth tooth fangs dentist dental bite kiss shout scream speech laughter "
    "singing singer voice yell throat grinning toothache toothpaste toothbrush dentures saliva lipstick chewing "
    "biting laughing shouting yawning yawn talking gums molar swallowing vocal",
    "a skull": "skulls vanitas death yorick pirate mortality poison crossbones catacomb hamlet deathly",
    "a skeleton": "skeletons bone spine ribcage anatomy corpse fossil radiology xray backbone joints vertebrae femur "
    "pelvis kneecap osteology skeletal osteoporosis roentgen",
    "a dancer": "dance dancers dancing ballet tango choreography pirouette gymnast performer tutu "
    "pirouettes tightrope tutus balletic hopping leaping cartwheel trapeze",
    "a sleeper in a bed": "sleeping asleep dream dreams dreamer dreaming slumber nightmare rest tired drowsy patient "
    "coma snoring bedtime drowsiness sleepwalker sleepy napping siesta sleepiness pyjamas snore awakening hibernation "
    "lullaby",
    "people round a table": "gathering dinner supper feast guests party lunch breakfast committee seance negotiation "
    "poker restaurant meal diners brunch picnic toasting wedding buffet thanksgiving potluck boardroom "
    "symposium parley",
    "a head in profile": "silhouettes outline bust contour coin nose chin profiles cameos shadowgraph jawline",
    "a window": "windows pane casement blinds glazing sill drapes windowpane windowsill casements porthole lattice "
    "louvres windshield",
    "a doorway": "door doors doorways gate gateway exit entry opening arch entrance doorstep doorknob doorbell "
    "doorframe archway vestibule turnstile trapdoor",
    "the inside of a train": "trains railcar wagon carriage metro passenger commuter railcars carriages commuters "
    "railroadcar monorail tube",
    "the inside of a bus": "bus buses trolleybus shuttle passengers omnibus charabanc",
    "a corridor": "corridors hallways aisle passageway hall passages foyer cloister arcade ward",
    "a kitchen": "kitchens stove cooker oven cooking saucepan pantry cook chef sink refrigerator kitchenette scullery "
    "cookery crockery saucepans kettle toaster microwave dishwasher frying casserole recipe chopping larder cutting",
    "a bedroom": "bedrooms beds mattress pillow blanket cradle crib motel hostel duvet nursery bunk bunkbed bedspread "
    "nightstand wardrobe boudoir guestroom",
    "a bathroom": "bath tub shower toilet basin spa bathhouse washbasin bathwater faucet tap towel toothbrushes bidet "
    "sauna soap shampoo plumbing wc",
    "an empty room": "room emptiness empty void vacant interior loneliness prison nothing solitude apartment flat "
    "abandonment desolation basement cloakroom silence absence vacancy",
    "the inside of a church": "church churches cathedral nave altar shrine monastery mosque synagogue temple prayer "
    "religion pew crypt minster cathedrals vaulting pulpit vestry choir organist confessional sanctuary priest pope "
    "worship sermon pagoda faith",
    "a library": "libraries bookshop bookstore shelf shelves literature knowledge encyclopedia study bookshops "
    "librarian bookworm encyclopaedia paperback paperbacks scholarship wisdom",
    "a museum": "museums gallery galleries exhibit exhibitions paintings painting artwork masterpiece curator louvre "
    "art collection canvases painter artist artworks curators exhibits collector fresco biennale vernissage easel "
    "watercolour",
    "a theatre stage": "theatre theater drama stage auditorium tragedy comedy spotlight cabaret ballroom performance "
    "playwrights actors footlights proscenium puppet puppets marionette circus clown magician cinema "
    "musical stagehand choreographer orchestra pantomime",
    "a factory": "factories workshop plant warehouse hangar production mill works sweatshop conveyor "
    "welding ironworks sawmill brewery shipyard laboratory mechanic forge labour",
    "an attic": "rafters lofts gable roof beams attics eaves",
    "a staircase": "staircases steps stairways escalator ladder ascent descent climb stairwells ladders handrail "
    "stepladder climbing upstairs downstairs",
    "a city at night": "cities town urban nightlife skyscraper tower towers manhattan tokyo york london paris berlin "
    "shanghai metropolitan buildings capital cityscape cityscapes nightclub penthouse streetlights streetlight "
    "megacity vegas chicago dubai moscow istanbul babylon",
    "a hill of crosses": "cross crucifix grave graves tomb burial churchyard golgotha gravestone mourning funeral "
    "crucifixion lithuania memorial gravestones graveyards cemeteries tombs pilgrimages mausoleum obituary epitaph "
    "christ jesus crucified martyr churchyards gravedigger",
    "a street": "streets boulevard village neighbourhood neighborhood suburb pavement terrace square sidewalk "
    "cobblestones cobbled kerb crossroads roundabout marketplace bazaar shops storefront alleyway alleys ghetto slum "
    "favela lamppost",
    "railway tracks": "crossing rails rail track railroad platform station railways railroads trackside signalman "
    "switchyard",
    "a tunnel": "tunnels underpass mine shaft sewer pit catacombs mineshaft culvert sewers wormhole passageways",
    "a bridge": "bridges arches overpass footbridge suspension drawbridge causeway flyover",
    "a house": "houses cottage hut home mansion bungalow shed barn farm chalet residence homestead palace bungalows "
    "cottages houseboat doghouse hutment igloo tipi teepee wigwam dollhouse treehouse homeland tenement castle "
    "gingerbread greenhouse windmill",
    "a lighthouse": "lighthouses beacon beacons harbour harbor coast signal pier jetty buoy headland foghorn seamark",
    "ruins": "ruin temples column pillars rome greece pompeii antiquity ancient parthenon forum archaeology "
    "remnants rubble colosseum amphitheatre obelisk stonehenge pyramid pyramids sphinx ziggurat "
    "excavation dilapidated decay archaeologist troy petra palmyra",
    "factory chimneys": "chimney chimneys smokestack smoke pollution industrial smog emissions coal exhaust "
    "powerplant pollutant fumes exhausts carbon petrochemical furnaces",
    "stained glass": "rosette tracery leadlight kaleidoscope saints mosaics iridescent prism glazier",
    "a map": "maps chart geography globe navigation route plan compass directions territory mapping cartographer "
    "longitude latitude gps topography treasure coordinates continent continents border borders orienteering world",
    "a brick wall": "brick walls barrier fence rampart fortress bricklayer mortar stonework graffiti fortification "
    "cinderblock cobble",
    "a clock": "clocks hours minutes time hour timepiece alarm midnight noon wristwatch pendulum clockmaker "
    "watchmaker stopwatch hourglass sundial chronometer cuckoo ticking deadline punctual clocktower",
    "a chessboard": "chessmen pawn bishop knight checkers backgammon grandmaster gambit rook castling kasparov "
    "chessboards draught gameboard dominoes dice strategy",
    "a labyrinth": "mazes puzzle minotaur lost bewilderment ariadne labyrinthine knossos hedges jigsaw confusion "
    "conundrum riddle",
    "a spiral": "spirals whirl twist vertigo hypnosis curl coils whirlpool eddy spiralling swirls swirling "
    "whorl helices corkscrew springs curlicue fractal nautilus twirl",
    "a landscape outside the window": "landscape landscapes scenery view panorama passing travelling fields hills "
    "vista farmland farmlands hillside hedgerow valleys vineyard vineyards scenic crops harvest cornfield "
    "",
    "mountains": "mountain peak peaks alpine himalaya ridge glacier andes matterhorn alps highlands rockies massif "
    "mountaineer mountaintop foothills alp mountainside kilimanjaro fuji pyrenees carpathians caucasus "
    "dolomites crag cliffs canyon mountainous",
    "a forest": "forests woods trees woodland rainforest wilderness undergrowth thicket pines taiga conifer conifers "
    "pinewood copse backwoods undergrowths clearing lumberjack treetops woodlands amazon bush",
    "a desert": "deserts dune sand sandy oasis arid namib dust sahel mojave cacti mirage bedouin camels caravan "
    "wasteland arabia",
    "a meadow of flowers": "meadows pasture wildflowers poppies field grassland heath steppe savanna spring garden "
    "wildflower lawn buttercups dandelions cornflowers pastures gardens haymeadow allotment park picnicking",
    "a snowy landscape": "snowy wintry ice icy arctic antarctica tundra siberia avalanche frozen cold "
    "snowdrift snowdrifts snowman sledge sleigh skiing skier ski snowboard iceberg glaciers permafrost "
    "frostbite christmas yuletide penguin penguins greenland alaska",
    "a road": "roads highway highways freeway path asphalt pilgrimage roadside crossroad milestone hitchhiking "
    "roadtrip autobahn paths trail pathway detour bypass",
    "cracked earth": "drought mud soil clay ground earth parched crust erosion cracks crack droughts aridity barren "
    "dryness claypan cracking saltpan fissured desertification soils",
    "a cave": "caves cavern caverns grotto stalactite stalactites hollow cellar speleology caveman cavernous "
    "potholing lascaux underworld bats",
    "a volcano": "volcanoes volcanic eruption lava crater etna krakatoa geyser volcanos magmatic stromboli "
    "popocatepetl pumice erupts geysers brimstone caldera",
    "fire": "flame burning blaze furnace wildfire torch bonfire embers arson ignition fireplace hell ashes heat fires "
    "campfires fireside burn burns incendiary firewood firefighter fireman matchstick lighter pyre "
    "combustion ignite scorching barbecue brazier fireworks explosion phoenix",
    "clouds": "cloud sky skies cloudy heaven heavens mist fog air cloudscape cloudless cirrus overcast thundercloud "
    "misty haze hazy vapour vapor fluffy weather",
    "a sunset": "sunrise sun dawn twilight evening morning horizon sundown solar sunshine sunsets sundowner sunup "
    "nightfall gloaming afterglow sunrises sunbeam sunbeams sunlight sunlit summer",
    "lightning": "thunder thunderstorm storm storms electricity hurricane typhoon bolt lightnings thunders "
    "thunderclap thunderous stormy blitz tornado tornadoes cyclone zeus thor",
    "the aurora": "auroras polar borealis northern lapland iceland aurorae nordic magnetosphere",
    "stars": "star starry starlight night astronomy zodiac orion starlit stardust constellation astrology astronomer "
    "astronomers horoscope pleiades meteor meteors comet telescope planetarium sirius",
    "a galaxy": "galaxies nebula cosmos cosmic space interstellar andromeda milky eternity infinity galactic "
    "spacetime astrophysics quasar wormholes nebulae spaceship rocket astronaut cosmonaut alien aliens ufo",
    "the moon": "moonlit moons lunar moonlight crescent planet orbit apollo moonrise luna lunatic selene "
    "planets mars venus jupiter saturn tidal moonbeam",
    "a snow crystal": "snowflake snowflakes crystal crystals frosty icicle frost flake icicles crystalline "
    "hexagon hexagonal frosted diamond diamonds quartz",
    "bubbling water": "bubble bubbles boiling boil water liquid foam steam soup cauldron champagne jacuzzi broth fizz "
    "suds bubbly fizzy simmering kettles splash splashing ripple ripples puddle swimmer seltzer soda lather "
    "effervescence droplets drip whirlpools",
    "the sea": "seas ocean oceans wave waves pacific atlantic beach shore coastline maritime marine tsunami breakers "
    "seaside seascape surfer surfing surfers seashore seafront waterfront mediterranean baltic oceanic "
    "diving diver mermaid poseidon neptune",
    "a river": "rivers stream streams brook danube rhine thames nile mississippi valley canal riverbank riverside "
    "riverbed tributary estuary delta rivulet streamlet seine ganges volga canoeing flood flooding lake "
    "lakes pond swamp marsh",
    "a waterfall": "waterfalls cascade niagara falls fountain cliff cascades gorge chute iguazu waterwheel torrent",
    "an island": "islands isle isles archipelago hawaii reef lagoon castaway islander islanders peninsula cay crusoe "
    "coconuts bali tahiti maldives crete sicily seychelles paradise",
    "rain": "rains rainy rainfall raindrop raindrops monsoon wet rainstorm rainwater showers wetness drizzling sleet "
    "hailstorm hail damp",
    "a feather": "feathers plume plumes wing quill down goose feathery featherweight ostrich fluff",
    "a mitten": "mittens woollen muff mitts scarf beanie sock socks cardigan muffs woolly",
    "a knitted mitten pattern": "knitting knitted knit sweater jumper wool woven textile weaving fabric tapestry "
    "carpet quilt crochet pattern patterns ornament folk jacquard needlework cloth stitch stitches stitching sewing "
    "weaver loom sweaters jumpers pullover tapestries carpets rug quilts patchwork lace batik brocade tartan "
    "crocheting embroidered",
    "cigarette stubs": "cigarette cigarettes tobacco ashtray nicotine smoker butts stubs addiction cigar ashtrays "
    "smokers cigarillo vaping marlboro smokes lighters snuff",
    "a key": "keys lock unlock locksmith keyhole keyring keychain keyholes locksmiths password skeletonkey unlocking",
    "a knife": "knives blade blades sword razor scissors weapon cutlery axe penknife pocketknife switchblade scalpel "
    "swords machete hatchet sabre butcher stabbing fork spoon katana",
    "a shoe": "shoes boots footwear sneakers heel cobbler trainers footprint sneaker moccasin clogs footprints "
    "footstep stilettos shoelace shoelaces shoemaker",
    "a chair": "chairs seat bench sofa throne rocker furniture couch deckchair wheelchair seating sofas recliner "
    "rocking loveseat upholstery",
    "a shell": "shells seashell oyster snail conch pearl scallop mollusc oysters whelk cockle snails limpet "
    "beachcombing barnacle",
    "pages and letters": "page letters letter paper papers newspaper newspapers text texts alphabet print typography "
    "script scroll contract press words news leaflet pamphlet brochure poem poems poetry prose verse sentence "
    "sentences paragraph handwritten typewriter document font fonts newsprint magazine magazines headline stationery",
    "a book": "books novel textbook story tale dictionary notebook chapter fairytale hardback hardcover bookmark "
    "bestseller thriller chapters notebooks cookbook biography scripture quran torah",
    "an envelope": "envelopes mail parcel stamp postage postman email mailbox letterbox parcels packet stamps "
    "invitation telegram correspondences",
    "a fern": "ferns frond fronds bracken moss ferny maidenhair mosses",
    "a flower": "flowers blossom blossoms daisy daisies lily lotus orchid petals petal bloom violets hydrangea "
    "magnolia hibiscus anemone chrysanthemum geranium floral pollen stamen pistil botany daffodils snowdrop",
    "a rose": "roses valentine rosebud thorn thorns romance rosebush romantic bridal roseate",
    "a leaf": "leaves leafy autumn ivy vine leafs chlorophyll clovers beeches",
    "a mushroom": "mushrooms toadstool fungi truffle spores champignon mycelium porcini shiitake morel fungal",
    "a tree": "oak birch pine elm beech branches trunk oaks cypress poplar poplars acacia bonsai baobab sycamore "
    "treetop eucalyptus cedar timber twig twigs sapling",
    "a bottle": "bottles wine beer flask whiskey gin rum carafe perfume vial medicine bottleneck thermos decanter "
    "lemonade whisky liquor alcohol alcoholic cognac ketchup vinegar corkscrewed pharmacy potion "
    "elixir absinthe tequila",
    "a cup": "cups coffee tea teacup saucer cappuccino cafe drink latte cappuccinos goblet chalice tumbler saucers "
    "teapot teapots tearoom coffeehouse barista",
    "a candle": "candles candlelight candlestick wax vigil candleholder candelabra menorah advent tealight beeswax",
    "a lamp": "lamps lampshade chandelier lighting streetlamp lamplight lamplit chandeliers spotlights torchlight "
    "flashlight headlight",
    "an egg": "eggs hen easter hatch ovum nest scrambled eggcup hatching embryo",
    "a loaf of bread": "bread loaf loaves bakery baker toast dough sandwich flour breadcrumbs croissant croissants "
    "rye sourdough pastry cake cakes pie pizza pancake cookies sandwiches baking pretzel bagel",
    "a bowl of fruit": "fruit fruits bowl pears bananas lemons plums basket cherries berries melon pineapple "
    "strawberries raspberries blueberries apricot fig figs vegetables tomatoes salad cornucopia",
    "a vase": "vases bouquet bouquets pottery ceramic pot florist amphora jug earthenware potter amphorae ikebana "
    "flowerpot ceramics",
    "an apple": "apples orchard pear eden newton cidery pome",
    "gears": "gear machine machines machinery engine mechanical cogwheel clockwork motor turbine apparatus gearbox "
    "cog gearwheel crankshaft piston pistons lever pulley engineering engineer mechanics ratchet locomotion "
    "industrialisation",
    "a circuit board": "circuit circuits electronics microchip chip chips processor semiconductor silicon hardware "
    "electronic transistor nvidia transistors solder soldering wiring wires resistor capacitor cpu gpu nanotechnology "
    "digital semiconductors",
    "a robot": "robots android androids automaton robotics artificial terminator ai robotic humanoid humanoids "
    "mechanoid roboticist drone drones chatbot gpt",
    "a light bulb": "bulb bulbs idea edison electric invention lightbulb lightbulbs incandescent led wattage "
    "fluorescent inventor",
    "a camera": "cameras photographer photography lens camcorder kodak leica polaroid paparazzi photos tripod selfies "
    "nikon canon filmmaker cinematographer projector",
    "a television": "tv television televisions screen telly channel antenna video telecast sitcom newscast "
    "soccer netflix commercials advertising",
    "a computer": "computers pc monitor desktop internet software programmer algorithm mainframe data workstation "
    "hacker hacking programming code coding developer website online microsoft macintosh spreadsheet cyberspace "
    "virtual videogame videogames gaming gamer",
    "a telephone": "telephones phone phones telephone smartphone mobile dial hotline cellphone iphone ringtone "
    "telephony switchboard operator telegraph walkie headset voicemail caller payphone",
    "a guitar": "guitars guitarist banjo strings violin cello mandolin flamenco fiddle fiddler cellist violinist harp "
    "sitar bass troubadour fretboard",
    "a piano": "pianos pianist keyboard chopin sonata accordion mozart pianoforte synthesizer concerto beethoven bach "
    "liszt jazz nocturne music musician composer melody",
    "a car": "cars automobile vehicle truck van sedan driver ford mercedes traffic garage cab hatchback convertible "
    "ferrari porsche volkswagen toyota bmw motorist motoring parking roadster lorry pickup ambulance tractor "
    "windscreen bumper",
    "a bicycle": "bicycles bike bikes cyclist cycling wheel motorcycle scooter unicycle cyclists pedals pedalling "
    "handlebars velodrome motorbike moped spokes",
    "a locomotive": "locomotives freight express stoker trainspotter hogwarts",
    "an airplane": "airplanes plane planes jet jets boeing flight pilot airport airline bomber glider aviation jumbo "
    "cockpit propeller runway concorde airbus helicopter fighter wingspan takeoff landing airfield aviator",
    "a hot air balloon": "balloons zeppelin ballooning blimp dirigible balloonist hindenburg parachute aerostat",
    "a sailing boat": "sailboat sail sailing boat boats ship ships yacht canoe ferry regatta frigate sailor ark "
    "sailboats sailors yachts rowboat lifeboat gondola kayak catamaran dinghy titanic galleon warship steamer "
    "submarine tugboat mast rigging anchor captain",
    "a bird": "birds songbird sparrow robin crow raven eagle owl pigeon dove swallow gull swan parrot hawk "
    "nightingale canaries blackbird wren magpie seagull seagulls kingfisher woodpecker hummingbird pelican stork "
    "heron crane falcon vulture cockatoo parakeet chicken rooster duck ducks geese birdsong turkey",
    "a fish": "fishes trout carp goldfish shark cod tuna perch aquarium pike whale mackerel sardine sardines haddock "
    "anglerfish piranha dolphin dolphins seahorse minnow fisher fishing scales fins swordfish jellyfish octopus squid",
    "a butterfly": "butterflies moth moths caterpillar wings bee dragonfly monarchs lepidoptera chrysalis cocoon "
    "metamorphosis ladybird ladybug wasp firefly fireflies beetle",
    "a cat": "cats kitten kittens tabby pussy lion tiger leopard panther lynx pet meow purr whiskers siamese cheetah "
    "jaguar puma cougar dog dogs puppy wolf fox wolves rabbit",
    "a horse": "horses pony mare stallion colt donkey mule rider zebra unicorn horseback gallop galloping jockey "
    "racehorse equestrian centaur cowboy stable saddle carthorse deer stag cow bull sheep goat",
    "an elephant": "elephants tusk tusks ivory rhinoceros hippopotamus giant elephantine rhino hippo mahout dumbo",
    "a snake": "snakes serpent viper python rattlesnake boa reptile dragon lizard eel boas anaconda mamba crocodile "
    "alligator reptiles venom slither worm basilisk medusa lizards dinosaur turtle tortoise",
    "a spider": "spiders cobweb tarantula web insect scorpion crab arachne webs spiderweb spiderman daddy mosquito "
    "ant ants insects cockroach",
}
"""Such words by the caption word of their subject."""
