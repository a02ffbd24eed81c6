//! Words of trade: what is sold, by whom, in which department.

/// Adjectives of products.
#[rustfmt::skip]
pub const ADJECTIVES: &[&str] = &["Adjustable", "Airy", "Ancient", "Artisan", "Balanced", "Bright", "Calm", "Classic", "Compact", "Cozy", "Crisp", "Curved", "Daily", "Deep", "Deluxe", "Durable", "Eager", "Early", "Elegant", "Essential", "Everyday", "Fine", "Flexible", "Foldable", "Fresh", "Gentle", "Gleaming", "Golden", "Grand", "Handmade", "Handy", "Heavy", "Hidden", "Honest", "Humble", "Ideal", "Industrial", "Jolly", "Keen", "Large", "Light", "Little", "Lively", "Lucky", "Lunar", "Matte", "Mellow", "Mighty", "Minimal", "Misty", "Modern", "Modest", "Modular", "Native", "Neat", "Nimble", "Noble", "Nordic", "Organic", "Original", "Patient", "Plain", "Polished", "Portable", "Practical", "Premium", "Proud", "Pure", "Quick", "Quiet", "Rapid", "Refined", "Robust", "Round", "Royal", "Rustic", "Seamless", "Serene", "Sharp", "Silent", "Simple", "Sleek", "Slim", "Smart", "Smooth", "Soft", "Solid", "Sturdy", "Subtle", "Sunny", "Swift", "Tidy", "Tiny", "Trusty", "Urban", "Velvet", "Vintage", "Vivid", "Warm", "Woven"];

/// What products are made of.
#[rustfmt::skip]
pub const MATERIALS: &[&str] = &["Acrylic", "Alder", "Aluminium", "Bamboo", "Beech", "Birch", "Brass", "Bronze", "Canvas", "Carbon", "Cedar", "Ceramic", "Concrete", "Copper", "Cork", "Cotton", "Denim", "Enamel", "Felt", "Glass", "Granite", "Hemp", "Iron", "Jute", "Leather", "Linen", "Maple", "Marble", "Nylon", "Oak", "Paper", "Pine", "Porcelain", "Rattan", "Rubber", "Silk", "Slate", "Steel", "Teak", "Walnut", "Willow", "Wool"];

/// What is sold, each with its category.
#[rustfmt::skip]
pub const PRODUCTS: &[&str] = &["Apron", "Armchair", "Backpack", "Bag", "Basket", "Bathrobe", "Bedside Table", "Belt", "Bench", "Bicycle", "Blanket", "Bookcase", "Bookend", "Boots", "Bottle", "Bowl", "Box", "Bracelet", "Bread Knife", "Broom", "Brush", "Bucket", "Cabinet", "Camera Strap", "Candle", "Candlestick", "Card Holder", "Carpet", "Casserole", "Chair", "Chandelier", "Charger", "Chess Set", "Chopping Board", "Clock", "Coaster", "Coat", "Coat Rack", "Coffee Grinder", "Coffee Pot", "Colander", "Cup", "Curtain", "Cushion", "Cutlery Set", "Desk", "Desk Lamp", "Desk Organiser", "Door Handle", "Drawer", "Dress", "Duffel Bag", "Dumbbell", "Duvet", "Easel", "Fan", "Floor Lamp", "Flowerpot", "Fork", "Frame", "Frying Pan", "Garden Hose", "Gloves", "Grater", "Hammock", "Hat", "Headphones", "Helmet", "Hook", "Jacket", "Jar", "Journal", "Jug", "Kettle", "Key Ring", "Keyboard", "Knife", "Ladder", "Lamp", "Lantern", "Letter Opener", "Lunch Box", "Mat", "Mattress", "Measuring Cup", "Mirror", "Mitten", "Monitor Stand", "Mouse Pad", "Mug", "Napkin", "Necklace", "Notebook", "Ottoman", "Oven Dish", "Pen", "Pencil Case", "Pepper Mill", "Phone Case", "Picnic Rug", "Pillow", "Pitcher", "Plant Stand", "Planter", "Plate", "Platter", "Puzzle", "Quilt", "Radio", "Raincoat", "Ring", "Rocking Chair", "Rolling Pin", "Rug", "Salad Bowl", "Sandals", "Satchel", "Saucepan", "Scarf", "Scissors", "Screen", "Serving Tray", "Shelf", "Shirt", "Shoes", "Side Table", "Sideboard", "Sleeping Bag", "Slippers", "Socks", "Sofa", "Spade", "Speaker", "Spice Rack", "Spoon", "Stool", "Suitcase", "Sweater", "Table", "Tablecloth", "Tea Towel", "Teapot", "Tent", "Throw", "Thermos", "Toaster", "Toolbox", "Toothbrush", "Towel", "Toy Train", "Tray", "Umbrella", "Vase", "Vest", "Wallet", "Wardrobe", "Watch", "Watering Can", "Wine Rack", "Wok", "Workbench", "Yoga Mat"];

/// Categories of a shop.
#[rustfmt::skip]
pub const CATEGORIES: &[&str] = &["Home", "Kitchen", "Garden", "Furniture", "Lighting", "Office", "Clothing", "Shoes", "Accessories", "Jewellery", "Beauty", "Health", "Sports", "Outdoor", "Travel", "Toys", "Games", "Books", "Music", "Films", "Electronics", "Computers", "Phones", "Cameras", "Audio", "Tools", "Automotive", "Pets", "Baby", "Groceries", "Drinks", "Bakery", "Stationery", "Crafts", "Bedding", "Bath", "Storage", "Decoration", "Gifts", "Industrial", "Software", "Services"];

/// Brands that nobody owns.
#[rustfmt::skip]
pub const BRANDS: &[&str] = &["Aldermoor", "Brindle & Co", "Calvora", "Dunmarrow", "Elmstead", "Fennick", "Galloway Row", "Halvorn", "Inkwell", "Juniper Lane", "Kestrelby", "Lumora", "Marlowe", "Northfold", "Oakhaven", "Pellucid", "Quillon", "Rookwood", "Saltmarsh", "Tarnwick", "Umberline", "Vantry", "Wexholm", "Yarrowby", "Zephra"];

/// What companies are about, as a word of their names.
#[rustfmt::skip]
pub const VENTURES: &[&str] = &["Analytics", "Architects", "Automation", "Bakeries", "Biotech", "Brewing", "Capital", "Ceramics", "Chemicals", "Cloud", "Components", "Construction", "Consulting", "Couriers", "Data", "Design", "Digital", "Distribution", "Dynamics", "Education", "Electric", "Electronics", "Energy", "Engineering", "Farms", "Films", "Finance", "Foods", "Forestry", "Freight", "Furniture", "Games", "Glass", "Health", "Holdings", "Hotels", "Imaging", "Industries", "Instruments", "Insurance", "Interiors", "Labs", "Logistics", "Machinery", "Marine", "Media", "Medical", "Metals", "Mobility", "Motors", "Networks", "Optics", "Packaging", "Paper", "Pharma", "Plastics", "Power", "Press", "Properties", "Publishing", "Recruitment", "Research", "Robotics", "Security", "Shipping", "Software", "Solar", "Solutions", "Sports", "Steel", "Studios", "Supply", "Systems", "Technologies", "Telecom", "Textiles", "Timber", "Tools", "Trading", "Transport", "Travel", "Ventures", "Water", "Wines"];

/// Departments of a company.
#[rustfmt::skip]
pub const DEPARTMENTS: &[&str] = &["Engineering", "Sales", "Marketing", "Finance", "Human Resources", "Customer Support", "Operations", "Legal", "Product", "Design", "Research", "Procurement", "Logistics", "Quality", "Security", "Data", "Facilities", "Communications", "Manufacturing", "Training", "Partnerships", "Compliance", "Accounting", "IT"];

/// Names of teams and projects.
#[rustfmt::skip]
pub const CODE_NAMES: &[&str] = &["Albatross", "Amber", "Apollo", "Aurora", "Badger", "Basalt", "Beacon", "Birch", "Bluebird", "Cascade", "Cedar", "Cobalt", "Comet", "Condor", "Coral", "Delta", "Dolphin", "Dragonfly", "Eagle", "Ember", "Falcon", "Fern", "Firefly", "Fjord", "Gazelle", "Glacier", "Granite", "Griffin", "Harbor", "Hawk", "Heron", "Horizon", "Indigo", "Iris", "Ivory", "Jade", "Jasper", "Juniper", "Kestrel", "Lagoon", "Lantern", "Lark", "Lotus", "Lynx", "Magnolia", "Mango", "Maple", "Meridian", "Monsoon", "Nebula", "Nimbus", "Nova", "Oasis", "Onyx", "Opal", "Orchid", "Orion", "Osprey", "Otter", "Panther", "Pebble", "Pegasus", "Phoenix", "Pioneer", "Quartz", "Raven", "Redwood", "Reef", "Ridge", "River", "Robin", "Saffron", "Sage", "Sequoia", "Sierra", "Sparrow", "Summit", "Swift", "Tango", "Teal", "Thunder", "Timber", "Topaz", "Trident", "Tundra", "Vega", "Vertex", "Violet", "Walnut", "Willow", "Wolf", "Zenith", "Zephyr"];

/// Colours with their hexadecimal code (CSS Color Module Level 4).
#[rustfmt::skip]
pub const COLOURS: &[(&str, &str)] = &[("Black", "#000000"), ("White", "#ffffff"), ("Grey", "#808080"), ("Silver", "#c0c0c0"), ("Red", "#ff0000"), ("Maroon", "#800000"), ("Orange", "#ffa500"), ("Gold", "#ffd700"), ("Yellow", "#ffff00"), ("Olive", "#808000"), ("Lime", "#00ff00"), ("Green", "#008000"), ("Teal", "#008080"), ("Turquoise", "#40e0d0"), ("Blue", "#0000ff"), ("Navy", "#000080"), ("Indigo", "#4b0082"), ("Purple", "#800080"), ("Violet", "#ee82ee"), ("Magenta", "#ff00ff"), ("Pink", "#ffc0cb"), ("Brown", "#a52a2a"), ("Beige", "#f5f5dc"), ("Ivory", "#fffff0"), ("Coral", "#ff7f50"), ("Salmon", "#fa8072"), ("Crimson", "#dc143c"), ("Khaki", "#f0e68c"), ("Lavender", "#e6e6fa"), ("Plum", "#dda0dd"), ("Tan", "#d2b48c"), ("Mint", "#98ff98")];

/// Sizes of clothes.
pub const SIZES: &[&str] = &["XS", "S", "M", "L", "XL", "XXL"];

/// Units of measure.
#[rustfmt::skip]
pub const UNITS: &[&str] = &["piece", "kg", "g", "l", "ml", "m", "cm", "m2", "box", "pack", "pair", "set", "hour", "day"];
