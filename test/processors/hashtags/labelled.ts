/**
 * Hashtags split by hand: the hashtag, then its words. One word means that it should stay whole.
 */
export interface Labelled {
  readonly hashtag: string
  readonly words: string
}

const parse = (lines: string): readonly Labelled[] =>
  lines
    .trim()
    .split('\n')
    .map((line) => ({ hashtag: line.slice(0, line.indexOf(' ')), words: line.slice(line.indexOf(' ') + 1) }))

/** The splitter's constants were chosen on these. */
export const TUNING = parse(`
travelphotography travel photography
throwbackthursday throwback thursday
foodporn food porn
nofilter no filter
photooftheday photo of the day
picoftheday pic of the day
instagood insta good
instadaily insta daily
love love
wanderlust wanderlust
streetart street art
goodmorning good morning
blackandwhite black and white
healthyfood healthy food
homemade homemade
sunset sunset
sunsetlovers sunset lovers
catsofinstagram cats of instagram
dogsofinstagram dogs of instagram
ootd ootd
tbt tbt
nyc nyc
newyork new york
newyorkcity new york city
losangeles los angeles
sanfrancisco san francisco
blacklivesmatter black lives matter
climatechange climate change
globalwarming global warming
machinelearning machine learning
deeplearning deep learning
artificialintelligence artificial intelligence
bigdata big data
opensource open source
womenintech women in tech
motivationmonday motivation monday
mondaymotivation monday motivation
fitnessmotivation fitness motivation
gymlife gym life
workfromhome work from home
smallbusiness small business
supportlocal support local
slowtravel slow travel
solotravel solo travel
roadtrip road trip
bucketlist bucket list
beachlife beach life
nightphotography night photography
landscapephotography landscape photography
naturelovers nature lovers
mountainbiking mountain biking
trailrunning trail running
coffeelover coffee lover
coffeetime coffee time
teatime tea time
weekendvibes weekend vibes
summervibes summer vibes
selfcare self care
mentalhealth mental health
mentalhealthawareness mental health awareness
bookstagram bookstagram
booklover book lover
currentlyreading currently reading
nowplaying now playing
livemusic live music
hiphop hip hop
eurovision eurovision
worldcup world cup
superbowl super bowl
gameofthrones game of thrones
starwars star wars
harrypotter harry potter
happybirthday happy birthday
merrychristmas merry christmas
blackfriday black friday
iphone iphone
iphoneography iphoneography
facebook facebook
bitcoin bitcoin
cryptocurrency cryptocurrency
brexit brexit
summer2024 summer 2024
covid19 covid 19
euro_2024 euro 2024
new-york new york
100daysofcode 100 days of code
handmade handmade
diy diy
diyproject diy project
interiordesign interior design
homedecor home decor
vanlife van life
plantbased plant based
glutenfree gluten free
urbanexploration urban exploration
therapist therapist
nowhere nowhere
expertsexchange experts exchange
firstdayofschool first day of school
thisisus this is us
airtravel air travel
backpackinglife backpacking life
bakingbread baking bread
basketballgame basketball game
birdwatching bird watching
bluehour blue hour
budgettravel budget travel
carrotcake carrot cake
citybreak city break
cleaneating clean eating
coldbrew cold brew
cooking cooking
dailycommute daily commute
darkmode dark mode
dataengineering data engineering
datascience data science
doglover dog lover
earthday earth day
electriccars electric cars
familytime family time
fashionblogger fashion blogger
filmphotography film photography
flightdelay flight delay
footballtransfer football transfer
freelancelife freelance life
gardeninglife gardening life
goldenhour golden hour
graphicdesign graphic design
greenenergy green energy
guitarsolo guitar solo
hiddengems hidden gems
historyinpictures history in pictures
icecream ice cream
icehockey ice hockey
indiegames indie games
islandlife island life
jazzmusic jazz music
kyoto kyoto
latteart latte art
lifegoals life goals
localfood local food
longexposure long exposure
marathontraining marathon training
mealprep meal prep
minimalism minimalism
morningrun morning run
nationalpark national park
newmusicfriday new music friday
northernlights northern lights
oldtown old town
openwater open water
parentinghacks parenting hacks
passport passport
pizza pizza
publictransport public transport
quoteoftheday quote of the day
rainydays rainy days
recipeoftheweek recipe of the week
savetheplanet save the planet
scifi scifi
sourdough sourdough
southeastasia southeast asia
spacex spacex
springcleaning spring cleaning
stayathome stay at home
streetfood street food
sundayfunday sunday funday
swimming swimming
techtwitter tech twitter
thailand thailand
tinyhouse tiny house
trainjourney train journey
travelgram travelgram
typescript typescript
veganrecipes vegan recipes
vintagecars vintage cars
visafree visa free
wildlifephotography wildlife photography
wintersports winter sports
worldwar2 world war 2
`)

/** Labelled before the splitter saw them; the one change made after that (STRAY_CHARS) left their score as it was. */
export const HELD_OUT = parse(`
afternoontea afternoon tea
artgallery art gallery
autumnleaves autumn leaves
babyshower baby shower
beachwalk beach walk
bestfriends best friends
brunchtime brunch time
campfire campfire
candlelightdinner candle light dinner
cheesecake cheesecake
chesstournament chess tournament
christmasmarket christmas market
cloudcomputing cloud computing
concertphotography concert photography
crossfit crossfit
cyclinglife cycling life
dancevideo dance video
desertsafari desert safari
digitalnomad digital nomad
dinnerideas dinner ideas
easterweekend easter weekend
eveningwalk evening walk
fathersday fathers day
firsttimer first timer
flowergarden flower garden
freeshipping free shipping
gamenight game night
gratitude gratitude
halloweencostume halloween costume
heatwave heat wave
hikingtrails hiking trails
hotelreview hotel review
housewarming housewarming
inspirationalquotes inspirational quotes
italianfood italian food
kidsactivities kids activities
kindness kindness
lakeview lake view
lastminutedeals last minute deals
lazysunday lazy sunday
livingroom living room
lovemyjob love my job
marketingtips marketing tips
meditation meditation
movienight movie night
museumlovers museum lovers
newbeginnings new beginnings
nightout night out
oceanwaves ocean waves
onelove one love
paintingoftheday painting of the day
petsofig pets of ig
planttree plant tree
poetrycommunity poetry community
positivevibes positive vibes
railwaystation railway station
remotework remote work
sailingtrip sailing trip
saltwater salt water
schoolholidays school holidays
seafood seafood
snowstorm snow storm
springbreak spring break
stockmarket stock market
summerholiday summer holiday
sustainablefashion sustainable fashion
tacotuesday taco tuesday
tastytuesday tasty tuesday
thingstodo things to do
timelapse time lapse
topofthemountain top of the mountain
traveladdict travel addict
tvseries tv series
undergroundmusic underground music
vegetarian vegetarian
volunteering volunteering
waterfall waterfall
weddingdress wedding dress
winetasting wine tasting
winterwonderland winter wonderland
womensmarch womens march
writerslife writers life
yogateacher yoga teacher
youthwork youth work
`)
