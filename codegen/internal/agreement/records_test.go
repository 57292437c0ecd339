package agreement_test

import (
	"github.com/schemactl/schemactl/codec"
	aliases "github.com/schemactl/schemactl/codegen/testdata/aliases/golden"
	arrays "github.com/schemactl/schemactl/codegen/testdata/arrays/golden"
	attributes "github.com/schemactl/schemactl/codegen/testdata/attributes/golden"
	decimals "github.com/schemactl/schemactl/codegen/testdata/decimals/golden"
	defaults "github.com/schemactl/schemactl/codegen/testdata/defaults/golden"
	docs "github.com/schemactl/schemactl/codegen/testdata/docs/golden"
	duplicates "github.com/schemactl/schemactl/codegen/testdata/duplicates/golden"
	enums "github.com/schemactl/schemactl/codegen/testdata/enums/golden"
	topics "github.com/schemactl/schemactl/codegen/testdata/events/golden"
	fallback "github.com/schemactl/schemactl/codegen/testdata/fallback/golden"
	files "github.com/schemactl/schemactl/codegen/testdata/files/golden"
	fixed "github.com/schemactl/schemactl/codegen/testdata/fixed/golden"
	maps "github.com/schemactl/schemactl/codegen/testdata/maps/golden"
	names "github.com/schemactl/schemactl/codegen/testdata/names/golden"
	namespaces "github.com/schemactl/schemactl/codegen/testdata/namespaces/golden"
	optional "github.com/schemactl/schemactl/codegen/testdata/optional/golden"
	overrides "github.com/schemactl/schemactl/codegen/testdata/overrides/golden"
	pairs "github.com/schemactl/schemactl/codegen/testdata/pairs/golden"
	pointer "github.com/schemactl/schemactl/codegen/testdata/pointer/golden"
	primitives "github.com/schemactl/schemactl/codegen/testdata/primitives/golden"
	plain "github.com/schemactl/schemactl/codegen/testdata/records/golden"
	recursive "github.com/schemactl/schemactl/codegen/testdata/recursive/golden"
	shapes "github.com/schemactl/schemactl/codegen/testdata/shapes/golden"
	times "github.com/schemactl/schemactl/codegen/testdata/times/golden"
	unions "github.com/schemactl/schemactl/codegen/testdata/unions/golden"
	uuids "github.com/schemactl/schemactl/codegen/testdata/uuids/golden"
	uuidstring "github.com/schemactl/schemactl/codegen/testdata/uuidstring/golden"
	"github.com/schemactl/schemactl/events"
)

// records are all generated types of the golden folders and of the reference
// domain; TestNothingForgotten says which are missing.
var records = []codec.Record{
	new(aliases.Person), new(aliases.Mood), new(aliases.Hash),
	new(arrays.Arrays), new(arrays.Item), new(arrays.Empty),
	new(attributes.Attributed), new(attributes.Code), new(attributes.Kind),
	new(decimals.Decimals),
	new(defaults.Choices), new(defaults.Way), new(defaults.Ref), new(defaults.Settings), new(defaults.Level), new(defaults.Code),
	new(defaults.Part), new(defaults.Limit),
	new(docs.Documented), new(docs.Shade), new(docs.Mark),
	new(duplicates.Both), new(duplicates.ID), new(duplicates.One), new(duplicates.Two),
	new(enums.Color), new(enums.Level), new(enums.Single), new(enums.Painted), new(enums.Letter), new(enums.Many),
	new(topics.ByText), new(topics.ByBytes), new(topics.ByInt), new(topics.Nested), new(topics.About), new(topics.Ref),
	new(topics.NoEvent),
	new(fallback.Fallback), new(fallback.NotBig), new(fallback.NotUUID), new(fallback.NotDuration), new(fallback.Plain),
	new(fallback.Kind),
	new(files.Keeper), new(files.Shift), new(files.AvroEventsType), new(files.Animal), new(files.Tag), new(files.DottedName),
	new(files.ZooOpened),
	new(fixed.Hashes), new(fixed.One), new(fixed.Digest), new(fixed.Nothing), new(fixed.Long),
	new(maps.Maps), new(maps.Value),
	new(names.APIClient), new(names.State), new(names.StateMachine), new(names.NewUser), new(names.User), new(names.AvroEventsType),
	new(names.BillingMoney), new(names.TestShopMoney), new(names.OtherShopMoney), new(names.Lonely), new(names.Deep),
	new(names.Deep2),
	new(namespaces.Outer), new(namespaces.Tag), new(namespaces.Other), new(namespaces.Kind), new(namespaces.Dotted),
	new(namespaces.Near), new(namespaces.NoSpace), new(namespaces.Bare),
	new(optional.Inner), new(optional.Color), new(optional.Digest), new(optional.Optional),
	new(overrides.Client), new(overrides.Status), new(overrides.Token),
	new(pairs.Ordered), new(pairs.Entry),
	new(pointer.Pointer), new(pointer.Child), new(pointer.Kind), new(pointer.Hash),
	new(primitives.Primitives),
	new(plain.Order), new(plain.Address), new(plain.Place), new(plain.Empty), new(plain.Failure),
	new(recursive.Chain), new(recursive.Left), new(recursive.Right), new(recursive.Forest), new(recursive.Grid),
	new(recursive.Cube), new(recursive.Tree), new(recursive.Outer), new(recursive.Between), new(recursive.Inner),
	new(shapes.Batch), new(shapes.Entry), new(shapes.Meta), new(shapes.Node), new(shapes.Event), new(shapes.EventKind),
	new(shapes.Customer), new(shapes.Item), new(shapes.Evo), new(shapes.Small), new(shapes.Strings),
	new(times.Times),
	new(unions.Payment), new(unions.Card), new(unions.Color), new(unions.Hash), new(unions.Nulls), new(unions.Null),
	new(uuids.UUIDs),
	new(uuidstring.Texts),
	new(events.AccountRef), new(events.AccountState), new(events.AccountStatus), new(events.MessageCreated), new(events.Attachment),
	new(events.MessageDelivered), new(events.Money), new(events.PaymentReceived), new(events.PaymentMethod), new(events.Priority),
}

// constructors make values with the defaults of their schemas.
var constructors = []func() codec.Record{
	made(aliases.NewPerson),
	made(attributes.NewAttributed),
	made(decimals.NewDecimals),
	made(defaults.NewChoices), made(defaults.NewRef), made(defaults.NewSettings), made(defaults.NewLimit),
	made(topics.NewNoEvent),
	made(fallback.NewFallback),
	made(files.NewZooOpened),
	made(names.NewUserWithDefaults),
	made(optional.NewOptional),
	made(overrides.NewClient),
	made(pairs.NewOrdered),
	made(pointer.NewPointer), made(pointer.NewChild),
	made(recursive.NewChain), made(recursive.NewOuter), made(recursive.NewBetween), made(recursive.NewInner),
	made(shapes.NewEntry), made(shapes.NewMeta), made(shapes.NewEvent), made(shapes.NewCustomer), made(shapes.NewItem),
	made(shapes.NewEvo),
	made(times.NewTimes),
	made(unions.NewPayment), made(unions.NewCard),
	made(uuids.NewUUIDs),
	made(uuidstring.NewTexts),
	made(events.NewAccountState), made(events.NewMessageCreated), made(events.NewAttachment), made(events.NewPaymentReceived),
}

func made[T codec.Record](construct func() T) func() codec.Record {
	return func() codec.Record { return construct() }
}
